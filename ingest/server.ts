import { logFor } from "@porthole/protocol/service";
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
 */
export function serveIngest(config: IngestConfig, viewerDirectory: string): IngestServer {
  const streams = new StreamRegistry();
  const clients = new ClientRegistry(config.limits);
  const addresses = new WeakMap<Request, string>();
  const abort = new AbortController();
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
  const server = Deno.serve({
    hostname: config.host,
    port: config.port,
    signal: abort.signal,
    onListen: () => {},
  }, (request, { remoteAddr }) => {
    if (remoteAddr.transport === "tcp") addresses.set(request, remoteAddr.hostname);
    return app.fetch(request);
  });
  const url = urlOf(server.addr);
  log.info("ingest listens", { url });
  return {
    url,
    async [Symbol.asyncDispose]() {
      isReady = false;
      clients.closeAll("shutdown", "the server is shutting down");
      streams[Symbol.dispose]();
      const forced = setTimeout(() => abort.abort(), DRAIN_MS);
      await Promise.race([
        server.shutdown(),
        new Promise<void>((resolve) => abort.signal.addEventListener("abort", () => resolve())),
      ]);
      clearTimeout(forced);
    },
  };
}

function urlOf({ hostname, port }: Deno.NetAddr): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http://${host}:${port}/`;
}
