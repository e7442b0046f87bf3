import { logFor, MisuseError, sleep } from "@porthole/protocol/service";
import { createApp } from "./app.ts";
import { ClientRegistry } from "./client_registry.ts";
import type { IngestConfig } from "./config.ts";
import { HttpListener } from "./http_listener.ts";
import { Metrics } from "./metrics.ts";
import { StreamRegistry } from "./stream_registry.ts";

/** Long enough for goodbyes to leave, short enough for the two seconds a stop may take. */
const DRAIN_MS = 500;

const log = logFor("ingest");

export interface IngestServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Listens and serves until it is disposed of; then viewers and producers are told goodbye, and
 * whoever has not left by half a second later is cut off.
 *
 * @throws {MisuseError} when the address cannot be had
 */
export async function serveIngest(
  config: IngestConfig,
  viewerDirectory: string,
): Promise<IngestServer> {
  using undoUnlessServing = new DisposableStack();
  const streams = undoUnlessServing.use(new StreamRegistry());
  const clients = undoUnlessServing.use(new ClientRegistry(config.limits));
  let isReady = true;
  const app = createApp({
    streams,
    clients,
    metrics: new Metrics(),
    maxAgeMs: config.maxAgeMs,
    publishToken: config.publishToken,
    viewerDirectory,
    isReady: () => isReady,
  });
  const listener = await listen(config, (request, connection) => app.fetch(request, connection));
  undoUnlessServing.move();
  const { url } = listener;
  log.info("ingest listens", { url });
  return {
    url,
    async [Symbol.asyncDispose]() {
      isReady = false;
      clients.closeAll("shutdown", "the server is shutting down");
      clients[Symbol.dispose]();
      streams[Symbol.dispose]();
      const drained = new AbortController();
      const draining = listener.drain().finally(() => drained.abort());
      await Promise.race([draining, sleep(DRAIN_MS, drained.signal)]);
      await listener[Symbol.asyncDispose]();
    },
  };
}

async function listen(
  { host, port }: IngestConfig,
  handle: Parameters<typeof HttpListener.listen>[1],
): Promise<HttpListener> {
  try {
    return await HttpListener.listen({ host, port }, handle);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EADDRINUSE") {
      throw new MisuseError(
        `INGEST_PORT: ${port} is in use by another program; stop that one or set another port`,
        { cause },
      );
    }
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new MisuseError(`INGEST_HOST: ${host} is not an address of this machine`, { cause });
    }
    throw cause;
  }
}
