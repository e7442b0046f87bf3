import { logFor, MisuseError, sleep } from "@porthole/protocol/service";
import { createApp } from "./app.ts";
import { ClientRegistry } from "./client_registry.ts";
import type { IngestConfig } from "./config.ts";
import { Metrics } from "./metrics.ts";
import { StreamRegistry } from "./stream_registry.ts";

/** Long enough for goodbyes to leave, short enough for the two seconds a stop may take. */
const DRAIN_MS = 500;

const log = logFor("ingest");

export interface IngestServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Listens and serves until it is disposed of; then viewers and producers are told goodbye and
 * whoever has not left by half a second later is left behind: open sockets would otherwise hold a
 * shutdown up for as long as they like (denoland/deno#28466).
 *
 * @throws {MisuseError} when the address cannot be had
 */
export function serveIngest(config: IngestConfig, viewerDirectory: string): IngestServer {
  using undoUnlessServing = new DisposableStack();
  const streams = undoUnlessServing.use(new StreamRegistry());
  const clients = new ClientRegistry(config.limits);
  const addresses = new WeakMap<Request, string>();
  let isReady = true;
  const app = createApp({
    streams,
    clients,
    metrics: new Metrics(),
    maxAgeMs: config.maxAgeMs,
    publishToken: config.publishToken,
    viewerDirectory,
    addressOf: (request) => addresses.get(request) ?? "unknown",
    isReady: () => isReady,
  });
  const server = listen(config, (request, { remoteAddr }) => {
    if (remoteAddr.transport === "tcp") addresses.set(request, remoteAddr.hostname);
    return app.fetch(request);
  });
  undoUnlessServing.move();
  const url = urlOf(server.addr);
  log.info("ingest listens", { url });
  return {
    url,
    async [Symbol.asyncDispose]() {
      isReady = false;
      clients.closeAll("shutdown", "the server is shutting down");
      streams[Symbol.dispose]();
      const drained = new AbortController();
      const shutdown = server.shutdown().finally(() => drained.abort());
      await Promise.race([shutdown, sleep(DRAIN_MS, drained.signal)]);
    },
  };
}

function listen(
  { host, port }: IngestConfig,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: host, port, onListen: () => {} }, handler);
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new MisuseError(
        `INGEST_PORT: ${port} is in use by another program; stop that one or set another port`,
        { cause },
      );
    }
    if (cause instanceof Deno.errors.AddrNotAvailable) {
      throw new MisuseError(`INGEST_HOST: ${host} is not an address of this machine`, { cause });
    }
    throw cause;
  }
}

function urlOf({ hostname, port }: Deno.NetAddr): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http://${host}:${port}/`;
}
