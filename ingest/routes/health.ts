import { Hono } from "hono";
import type { Overview } from "../overview.ts";
import { playbackPrometheus, playbackSnapshot } from "../playback_metrics.ts";
import { playbackByStream } from "../playback_reports.ts";

export interface HealthDeps {
  readonly overview: Overview;
  /** Whether new viewers and publishers are welcome. */
  readonly isReady: () => boolean;
}

/** `GET /healthz`, `/readyz`, `/metrics`. */
export function healthRoutes({ overview, isReady }: HealthDeps): Hono {
  const routes = new Hono();
  routes.get("/healthz", (context) => context.json({ status: "ok" }));
  routes.get(
    "/readyz",
    (context) =>
      isReady() ? context.json({ status: "ready" }) : context.json({ status: "draining" }, 503),
  );
  routes.get("/metrics", async (context) => {
    const [metrics, playbacks] = await Promise.all([overview.metrics(), overview.playbacks()]);
    const viewers = playbackByStream(playbacks);
    const accept = context.req.header("accept") ?? "";
    if (/text\/plain|application\/openmetrics-text/.test(accept)) {
      return context.text(metrics.toPrometheus() + playbackPrometheus(viewers), 200, {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
      });
    }
    return context.json({
      ...metrics.snapshot(Date.now()),
      viewers: playbackSnapshot(viewers),
    });
  });
  return routes;
}
