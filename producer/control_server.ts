import { logFor, MisuseError } from "@porthole/protocol/service";
import type { ControlConfig } from "./config.ts";

/** Reached from this machine alone: from elsewhere by whatever its owner puts before it. */
const LOOPBACK = "127.0.0.1";

const log = logFor("producer", "control");

/**
 * Serves requests to change cameras until it is disposed of.
 *
 * @throws {MisuseError} when the port is taken
 */
export function serveControl(
  { port }: Pick<ControlConfig, "port">,
  answer: (request: Request) => Response | Promise<Response>,
): AsyncDisposable {
  const onListen = (address: Deno.NetAddr) =>
    log.info("cameras may be changed", { url: `http://${LOOPBACK}:${address.port}/api/cameras` });
  try {
    const server = Deno.serve({ hostname: LOOPBACK, port, onListen }, answer);
    return server;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    throw new MisuseError(`CONTROL_PORT=${port} is taken; choose another one, or 0`, { cause });
  }
}
