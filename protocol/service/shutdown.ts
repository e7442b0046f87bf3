import { sleep } from "./sleep.ts";

/** A signal that aborts on SIGINT or SIGTERM, until it is disposed of. */
export interface ShutdownSignal extends Disposable {
  readonly signal: AbortSignal;
  /** Resolves after so long, or at the next signal, which ends this wait and not the process. */
  readonly linger: Linger;
}

export type Linger = (ms: number) => Promise<void>;

/** The first signal aborts; a second one ends the process at once, should the shutdown hang. */
export function listenForShutdown(): ShutdownSignal {
  const controller = new AbortController();
  const signals: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];
  let lingering: AbortController | undefined;
  const onSignal = () => {
    if (lingering !== undefined) return lingering.abort();
    if (controller.signal.aborted) Deno.exit(1);
    controller.abort(new DOMException("the process was asked to stop", "AbortError"));
  };
  const linger = async (ms: number) => {
    lingering = new AbortController();
    await sleep(ms, lingering.signal);
    lingering = undefined;
  };
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return {
    signal: controller.signal,
    linger,
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
