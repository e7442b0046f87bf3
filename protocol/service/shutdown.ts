/** A signal that aborts on SIGINT or SIGTERM, until it is disposed of. */
export interface ShutdownSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** The first signal aborts; a second one ends the process at once, should the shutdown hang. */
export function listenForShutdown(): ShutdownSignal {
  const controller = new AbortController();
  const signals: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(1);
    controller.abort(new DOMException("the process was asked to stop", "AbortError"));
  };
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
    },
  };
}

/** Resolves once `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
