/**
 * A worker by a module script that may be of another origin than the page. Browsers refuse those;
 * a worker of the page's own origin may import them, though, where the other server allows it by
 * CORS. A page with a Content-Security-Policy then has to allow `worker-src blob:` and the server:
 * what a worker imports statically is the worker's, too (Fetch, 2.2.5: "worker").
 */
export function startWorker(scriptUrl: URL): Worker {
  if (scriptUrl.origin === location.origin) return new Worker(scriptUrl, { type: "module" });
  const script = new Blob([`import ${JSON.stringify(scriptUrl.href)};`], {
    type: "text/javascript",
  });
  const url = URL.createObjectURL(script);
  const worker = new Worker(url, { type: "module" });
  // By then it was read.
  for (const event of ["message", "error"]) {
    worker.addEventListener(event, () => URL.revokeObjectURL(url), { once: true });
  }
  return worker;
}
