import { Hono } from "hono";
import { errorResponse, onError } from "./http_error.ts";
import type { Connection } from "./http_listener.ts";
import { healthRoutes } from "./routes/health.ts";
import { publishRoutes } from "./routes/publish.ts";
import { streamRoutes } from "./routes/streams.ts";
import { viewerRoutes } from "./routes/viewer.ts";
import { watchRoutes } from "./routes/watch.ts";
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
  readonly publishToken: string;
  /** Where the built viewer lies. */
  readonly viewerDirectory: string;
  readonly isReady: () => boolean;
}

/** All of ingest's routes; takes requests by `app.fetch` as well as from a server. */
export function createApp(deps: AppDeps): Hono<{ Bindings: Connection }> {
  const app = new Hono<{ Bindings: Connection }>();
  app.onError(onError);
  app.notFound((context) => errorResponse(context, 404, "not_found", "there is nothing here"));
  app.route("/", publishRoutes(deps));
  app.route("/", watchRoutes(deps));
  app.route("/", streamRoutes(deps));
  app.route("/", healthRoutes(deps));
  app.route("/", viewerRoutes(deps.viewerDirectory));
  return app;
}
