"use strict";
// The worker that checks the access log. Its program is loaded once; a page that can't
// load it ends the worker and may try again with a new one.
importScripts("{{.Exec}}");
const go = new Go();
go.env.GOTRACEBACK = "system"; // so that a panic's trace has addresses, see docs/wasm.md
const ready = (async () => {
  const { instance } = await WebAssembly.instantiateStreaming(fetch("{{.Program}}"), go.importObject);
  go.run(instance);
})();
ready.catch(() => {}); // each task reports it
self.onmessage = async ({ data }) => {
  try {
    await ready;
    self.postMessage({ result: await self.mingjingCheck(data) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
