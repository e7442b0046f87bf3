import { errorChain } from "./log.ts";
import { listenForShutdown } from "./shutdown.ts";

/** For what is wrong with how the service was started, as sysexits and shells have it. */
const EXIT_MISUSE = 2;

/** A service cannot start as it was told to; the message says what to change. */
export class MisuseError extends Error {
  override readonly name: string = "MisuseError";
}

/**
 * A service's whole life: runs `serve` until SIGINT or SIGTERM aborts its signal, then ends the
 * process with 0. A {@link MisuseError} is explained on standard error and ends it with 2.
 */
export async function runService(serve: (signal: AbortSignal) => Promise<void>): Promise<never> {
  using shutdown = listenForShutdown();
  try {
    await serve(shutdown.signal);
  } catch (error) {
    if (!(error instanceof MisuseError)) throw error;
    await Deno.stderr.write(new TextEncoder().encode(`${errorChain(error)}\n`));
    Deno.exit(EXIT_MISUSE);
  }
  // Viewers' sockets that never answered a goodbye must not keep the process.
  Deno.exit(0);
}
