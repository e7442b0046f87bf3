import { Access } from "../access/access.ts";
import { LoginLimit, loginLimitOf } from "../access/login_limit.ts";
import { createApp } from "../app.ts";
import { loadConfig } from "../config.ts";
import { ClientRegistry } from "../client_registry.ts";
import type { RequestLimits } from "../limits/limit_requests.ts";
import type { StreamLimits } from "../limits/stream_limits.ts";
import { MetricsRegistry } from "@porthole/protocol/metrics";
import { Ages } from "../ages.ts";
import { MemoryGuard } from "../limits/memory_guard.ts";
import { Metrics } from "../metrics.ts";
import { LocalOverview } from "../overview.ts";
import { StreamRegistry } from "../stream_registry.ts";

export interface TestAppOptions {
  /** Settings of who may do what. */
  readonly env?: Record<string, string>;
  readonly viewerDirectory?: string;
  readonly isReady?: () => boolean;
  /** What the process holds, of the 1000 bytes that it may. */
  readonly usedBytes?: () => number;
  readonly maxClients?: number;
  readonly streamLimits?: StreamLimits;
  readonly requestLimits?: RequestLimits;
  readonly bodyWithinMs?: number;
  readonly maxSnapshotsAtOnce?: number;
}

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

/** Ingest's routes without a socket, and the state they work on. */
export class TestApp implements Disposable {
  readonly metrics = new Metrics();
  readonly streams: StreamRegistry;
  readonly clients: ClientRegistry;
  readonly #memory: MemoryGuard;
  readonly #overview: LocalOverview;
  /** Of whoever asks. */
  address = "127.0.0.1";
  /** Where whoever asks takes this server to be. */
  base = "http://localhost:3000";
  readonly #app: ReturnType<typeof createApp>;

  constructor(options: TestAppOptions = {}) {
    const { maxClients = 10, env = {}, viewerDirectory = "/nonexistent" } = options;
    const { access, host } = loadConfig(env);
    this.clients = new ClientRegistry({ maxClients, maxClientsPerAddress: maxClients });
    const registry = new MetricsRegistry();
    this.streams = new StreamRegistry(options.streamLimits, this.metrics, new Ages(registry));
    const memory = new MemoryGuard({
      limitBytes: 1_000,
      usedBytes: options.usedBytes ?? (() => 0),
    });
    this.#memory = memory;
    const { streams, clients, metrics } = this;
    this.#overview = new LocalOverview({ registry, streams, clients, metrics, memory });
    this.#app = createApp({
      streams: this.streams,
      targets: this.streams,
      clients: this.clients,
      metrics: this.metrics,
      overview: this.#overview,
      memory,
      maxAgeMs: 500,
      access: new Access(access),
      logins: new LoginLimit(loginLimitOf(1)),
      allowedOrigins: access.allowedOrigins,
      frameAncestors: access.frameAncestors,
      host,
      viewerDirectory,
      isReady: options.isReady ?? (() => true),
      requestLimits: options.requestLimits ?? { perSecond: 1_000, burst: 1_000 },
      ...(options.bodyWithinMs === undefined ? {} : { bodyWithinMs: options.bodyWithinMs }),
      ...(options.maxSnapshotsAtOnce === undefined
        ? {}
        : { maxSnapshotsAtOnce: options.maxSnapshotsAtOnce }),
    });
  }

  /** As they were registered, middleware too. */
  get routes(): readonly { readonly method: string; readonly path: string }[] {
    return this.#app.routes;
  }

  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const request = new Request(`${this.base}${path}`, init);
    const body = request.body ?? new Blob().stream();
    const connection = { address: this.address, body, cut: () => {}, canUpgrade: true };
    return await this.#app.fetch(request, connection);
  }

  post(
    path: string,
    body: BodyInit,
    headers: Record<string, string> = { "content-type": "application/msgpack" },
  ): Promise<Response> {
    return this.fetch(path, { method: "POST", body, headers });
  }

  [Symbol.dispose](): void {
    this.clients[Symbol.dispose]();
    this.streams[Symbol.dispose]();
    this.#overview[Symbol.dispose]();
    this.#memory[Symbol.dispose]();
  }
}

/** Status and code of an error answer, once it is seen to be in ingest's one format. */
export async function refusalOf(response: Response): Promise<[number, string]> {
  const body: unknown = await response.json();
  const { error, ...rest } = body as ErrorBody;
  if (Object.keys(rest).length > 0 || error.message === "") {
    throw new Error(`not an error body: ${JSON.stringify(body)}`);
  }
  return [response.status, error.code];
}
