"use strict";
// The worker that checks the access log. The program behind it is loaded once; a page
// that can't have it ends the worker and may try again with another.
importScripts("{{.Exec}}");
const go = new Go();
const ready = (async () => {
  const { instance } = await WebAssembly.instantiateStreaming(fetch("{{.Program}}"), go.importObject);
  go.run(instance);
})();
self.onmessage = async ({ data }) => {
  try {
    await ready;
    self.postMessage({ result: await self.mingjingCheck(data) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
