import { Hono } from "hono";
import type { Access } from "./access/access.ts";
import { crossOrigin } from "./access/cross_origin.ts";
import { createGate, type GateEnv } from "./access/gate.ts";
import type { LoginLimit } from "./access/login_limit.ts";
import { securityHeaders } from "./access/security_headers.ts";
import { errorResponse, onError } from "./http_error.ts";
import { limitRequests, type RequestLimits } from "./limits/limit_requests.ts";
import { healthRoutes } from "./routes/health.ts";
import { publishRoutes } from "./routes/publish.ts";
import { sessionRoutes } from "./routes/session.ts";
import { streamRoutes } from "./routes/streams.ts";
import { viewerRoutes } from "./routes/viewer.ts";
import { watchRoutes } from "./routes/watch.ts";
import type { MemoryGuard } from "./limits/memory_guard.ts";
import type { ClientRegistry } from "./client_registry.ts";
import type { Metrics } from "./metrics.ts";
import type { Overview } from "./overview.ts";
import type { PublishTargets } from "./publish_target.ts";
import type { StreamRegistry } from "./stream_registry.ts";

export interface AppDeps {
  readonly streams: StreamRegistry;
  /** Where publishing goes: the same streams, or those shared with other workers. */
  readonly targets: PublishTargets;
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
  readonly overview: Overview;
  readonly maxAgeMs: number;
  readonly access: Access;
  readonly logins: LoginLimit;
  /** Origins of pages elsewhere that may use this server. */
  readonly allowedOrigins: readonly string[];
  /** Who may show this server's pages in a frame, as the Content-Security-Policy says it. */
  readonly frameAncestors: readonly string[];
  /** `INGEST_HOST` */
  readonly host: string;
  /** Where the built viewer lies. */
  readonly viewerDirectory: string;
  readonly isReady: () => boolean;
  readonly memory: MemoryGuard;
  /** Of one address. */
  readonly requestLimits: RequestLimits;
  /** Waited for by all who ask for one. */
  readonly maxSnapshotsAtOnce?: number;
  /** For a frame of its own to come in, ms. */
  readonly bodyWithinMs?: number;
}

/** All of ingest's routes; takes requests by `app.fetch` as well as from a server. */
export function createApp(deps: AppDeps): Hono<GateEnv> {
  const { access, logins, allowedOrigins, frameAncestors, host } = deps;
  const isSharedWithOthers = allowedOrigins.length > 0 ||
    frameAncestors.some((source) => !source.startsWith("'"));
  const app = new Hono<GateEnv>();
  app.onError(onError);
  app.notFound((context) => errorResponse(context, 404, "not_found", "there is nothing here"));
  app.use(securityHeaders({ allowedOrigins, frameAncestors }));
  app.use(crossOrigin(allowedOrigins));
  app.use(limitRequests(deps.requestLimits, deps.metrics));
  app.use(createGate({ access, allowedOrigins, host }));
  app.route("/", sessionRoutes({ access, logins, isSharedWithOthers }));
  app.route("/", publishRoutes(deps));
  app.route("/", watchRoutes(deps));
  app.route("/", streamRoutes(deps));
  app.route("/", healthRoutes(deps));
  app.route("/", viewerRoutes(deps.viewerDirectory));
  return app;
}
