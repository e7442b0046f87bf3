import { AddressList, MisuseError, sleep } from "@porthole/protocol/service";
import { Access } from "./access/access.ts";
import { LoginLimit, loginLimitOf } from "./access/login_limit.ts";
import { createApp } from "./app.ts";
import { ClientRegistry } from "./client_registry.ts";
import type { IngestConfig } from "./config.ts";
import type { RequestHandler } from "./connection.ts";
import { HttpListener } from "./http_listener.ts";
import type { ConnectionLimits } from "./limits/connection_gate.ts";
import { connectionsWithinDescriptors } from "./limits/descriptors.ts";
import type { StreamLimits } from "./limits/stream_limits.ts";
import { Mesh } from "./mesh/mesh.ts";
import type { MeshPlace } from "./mesh/peers.ts";
import { MetricsRegistry } from "@porthole/protocol/metrics";
import { Ages } from "./ages.ts";
import { LimitsReport } from "./limits/limits_report.ts";
import { MemoryGuard, memoryLimitBytes } from "./limits/memory_guard.ts";
import { Metrics } from "./metrics.ts";
import { LocalOverview, type Overview } from "./overview.ts";
import { StreamRegistry } from "./stream_registry.ts";
import { join } from "node:path";

/** Long enough for goodbyes to leave, short enough for the two seconds a stop may take. */
const GOODBYE_MS = 500;
/** Publishers, pages that load, viewers that are being refused. */
const OTHER_CONNECTIONS = 1_000;
/** The same, of one address. */
const OTHER_CONNECTIONS_PER_ADDRESS = 100;
/** An address may load as many pages at once as it may have viewers, and connect again all at once. */
const REQUESTS_A_VIEWER = 4;

/** Ingest as far as it is one thread: all of it, or one worker of several that share a port. */
export class IngestServer implements AsyncDisposable {
  readonly #config: IngestConfig;
  readonly #streams: StreamRegistry;
  readonly #metrics = new Metrics();
  readonly #clients: ClientRegistry;
  readonly #mesh: Mesh | undefined;
  readonly #memory: MemoryGuard;
  readonly #limitsReport: LimitsReport;
  readonly #overview: Overview;
  readonly #handle: RequestHandler;
  #listener: HttpListener | undefined;
  #isReady = true;

  /** @param place among the other workers, where there are any */
  constructor(config: IngestConfig, viewerDirectory: string, place?: MeshPlace) {
    const { limits, maxAgeMs, access, maxRequestsPerSecond } = config;
    const metrics = this.#metrics;
    const registry = new MetricsRegistry();
    const streams = new StreamRegistry(streamLimitsOf(config), metrics, new Ages(registry));
    const memory = new MemoryGuard({ limitBytes: memoryLimitBytes(config.maxMemoryBytes) });
    const parts = { registry, streams, metrics, memory };
    this.#memory = memory;
    this.#limitsReport = new LimitsReport(metrics);
    this.#streams = streams;
    this.#config = config;
    this.#mesh = place && new Mesh(place, limits, parts);
    const clients = this.#mesh?.clients ?? new ClientRegistry(limits);
    this.#clients = clients;
    const overview = this.#mesh?.overview ?? new LocalOverview({ ...parts, clients });
    this.#overview = overview;
    const app = createApp({
      streams,
      targets: this.#mesh?.targets ?? streams,
      clients: this.#clients,
      metrics,
      overview,
      memory,
      maxAgeMs,
      access: new Access(access),
      logins: new LoginLimit(loginLimitOf(config.workers)),
      allowedOrigins: access.allowedOrigins,
      frameAncestors: access.frameAncestors,
      host: config.host,
      viewerDirectory,
      isReady: () => this.#isReady,
      requestLimits: {
        perSecond: maxRequestsPerSecond,
        burst: maxRequestsPerSecond + REQUESTS_A_VIEWER * limits.maxClientsPerAddress,
      },
    });
    this.#handle = (request, connection) => app.fetch(request, connection);
  }

  /** Where it listens, once it does. */
  get url(): string {
    if (this.#listener === undefined) throw new Error("it does not listen");
    return this.#listener.url;
  }

  /** Serves from now on. Call once. @throws {MisuseError} when the address cannot be had */
  async listen(port: number = this.#config.port): Promise<void> {
    const { host, certificateFiles, trustedProxies } = this.#config;
    const reusePort = this.#mesh !== undefined;
    const limits = connectionLimitsOf(this.#config);
    const metrics = this.#metrics;
    const proxies = AddressList.parse(trustedProxies);
    const tls = certificateFiles === undefined ? {} : { certificateFiles };
    try {
      this.#listener = await HttpListener.listen(
        { host, port, reusePort, limits, metrics, proxies, ...tls },
        this.#handle,
      );
    } catch (cause) {
      throw listenError(cause, { host, port });
    }
  }

  /** `/readyz` says so from now on; whoever comes all the same is served. */
  sendElsewhere(): void {
    this.#isReady = false;
  }

  /**
   * Viewers and producers are told goodbye, and whoever has not left by half a second later is cut
   * off. Twice is fine.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.sendElsewhere();
    // First: the others stop too, and need not hear of everyone who goes.
    this.#mesh?.[Symbol.dispose]();
    this.#clients.closeAll("shutdown", "the server is shutting down");
    this.#clients[Symbol.dispose]();
    this.#streams[Symbol.dispose]();
    this.#overview[Symbol.dispose]();
    this.#memory[Symbol.dispose]();
    this.#limitsReport[Symbol.dispose]();
    if (this.#listener === undefined) return;
    const drained = new AbortController();
    const draining = this.#listener.drain().finally(() => drained.abort());
    await Promise.race([draining, sleep(GOODBYE_MS, drained.signal)]);
    await this.#listener[Symbol.asyncDispose]();
  }
}

/** With no more connections than the process can open files for; call once, before any thread. */
export function withinDescriptors(config: IngestConfig, viewerDirectory: string): IngestConfig {
  const maxConnections = connectionsWithinDescriptors(connectionsWanted(config), {
    threads: config.workers,
    // What is embedded in a binary takes no descriptor to open; the binary itself does.
    file: Deno.build.standalone ? Deno.execPath() : join(viewerDirectory, "index.html"),
  });
  return { ...config, maxConnections };
}

/** Of one thread. They count for themselves, and the kernel deals connections out by chance. */
export function connectionLimitsOf(config: IngestConfig): ConnectionLimits {
  const wanted = connectionsWanted(config);
  const { maxConnections = wanted, workers, limits, maxRequestsPerSecond } = config;
  return {
    maxConnections: maxConnections < wanted ? Math.floor(maxConnections / workers) : wanted,
    maxConnectionsPerAddress: limits.maxClientsPerAddress + OTHER_CONNECTIONS_PER_ADDRESS,
    newPerSecond: maxRequestsPerSecond,
  };
}

/** Each thread keeps every stream's pictures. */
function streamLimitsOf({ streamLimits, workers }: IngestConfig): StreamLimits {
  return { ...streamLimits, maxCacheBytes: streamLimits.maxCacheBytes / workers };
}

function connectionsWanted({ limits }: IngestConfig): number {
  return limits.maxClients + OTHER_CONNECTIONS;
}

/** What Node says when an address cannot be had, in the words of the settings. */
export function listenError(
  cause: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): unknown {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") {
    return new MisuseError(
      `INGEST_PORT: ${port} is in use by another program; stop that one or set another port`,
      { cause },
    );
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new MisuseError(`INGEST_HOST: ${host} is not an address of this machine`, { cause });
  }
  return cause;
}

/**
 * All of ingest on this thread, listening.
 *
 * @throws {MisuseError} when the address cannot be had
 */
export async function serveIngest(
  config: IngestConfig,
  viewerDirectory: string,
): Promise<IngestServer> {
  await using undoUnlessServing = new AsyncDisposableStack();
  const within = withinDescriptors(config, viewerDirectory);
  const server = undoUnlessServing.use(new IngestServer(within, viewerDirectory));
  await server.listen();
  undoUnlessServing.move();
  return server;
}
