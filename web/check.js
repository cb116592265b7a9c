"use strict";
// The worker that checks the access log. Its program is loaded once; a page that can't
// load it ends the worker and may try again with a new one.
importScripts("{{.Exec}}");
const go = new Go();
go.env.GOTRACEBACK = "system"; // so that a panic's trace has addresses, see docs/wasm.md
const program = new Promise((resolve, reject) => {
  // The program hands over its function when it has started, which takes several tasks.
  self.mingjingServe = resolve;
  WebAssembly.instantiateStreaming(fetch("{{.Program}}"), go.importObject)
    .then(({ instance }) => go.run(instance))
    .then(() => reject(new Error("the program has ended")), reject);
});
program.catch(() => {}); // each task reports it
self.onmessage = async ({ data }) => {
  try {
    const check = await program;
    self.postMessage({ result: await check(data) });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
