import { errorChain } from "./log.ts";
import { createRedact, type Redact } from "./redact.ts";
import { type Linger, listenForShutdown } from "./shutdown.ts";

/** For what is wrong with how the service was started, as sysexits and shells have it. */
const EXIT_MISUSE = 2;
const EXIT_FAULT = 1;

/** A service cannot start as it was told to; the message says what to change. */
export class MisuseError extends Error {
  override readonly name: string = "MisuseError";
}

/** Takes secrets out of all that is said from now on, the last words of the process among it. */
export type Hide = (secrets: readonly string[]) => Redact;

/**
 * A service's whole life: runs `serve` until SIGINT or SIGTERM aborts its signal, then ends the
 * process with 0, or with the `Deno.exitCode` that it was given. A {@link MisuseError} is explained
 * on standard error and ends it with 2; any other error, one that nobody caught too, is told with
 * its stack and ends it with 1.
 */
export async function runService(
  serve: (signal: AbortSignal, hide: Hide, linger: Linger) => Promise<void>,
): Promise<never> {
  using shutdown = listenForShutdown();
  let redact = createRedact();
  const die = (error: unknown): never => {
    const isMisuse = error instanceof MisuseError;
    const words = isMisuse ? errorChain(error) : `Uncaught ${Deno.inspect(error)}`;
    Deno.stderr.writeSync(new TextEncoder().encode(`${redact(words)}\n`));
    Deno.exit(isMisuse ? EXIT_MISUSE : EXIT_FAULT);
  };
  // Deno's own last words are not redacted.
  onUncaught(die);
  try {
    await serve(
      shutdown.signal,
      (secrets) => redact = createRedact(secrets),
      shutdown.linger,
    );
  } catch (error) {
    die(error);
  }
  // Viewers' sockets that never answered a goodbye must not keep the process.
  Deno.exit();
}

/** Calls `tell` with what this thread would have ended of; what that throws ends it instead. */
export function onUncaught(tell: (error: unknown) => void): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    tell(event.error);
  }, { once: true });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    tell(event.reason);
  }, { once: true });
}
