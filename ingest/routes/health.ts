import { EXPOSITION_TYPE } from "@porthole/protocol/metrics";
import { Hono } from "hono";
import type { MemoryGuard } from "../limits/memory_guard.ts";
import { snapshotOf } from "../metrics.ts";
import type { Overview } from "../overview.ts";
import { playbackExposition, playbackSnapshot } from "../playback_metrics.ts";
import { playbackByStream } from "../playback_reports.ts";
import { readinessOf } from "../readiness.ts";
import type { StreamRegistry } from "../stream_registry.ts";

export interface HealthDeps {
  readonly overview: Overview;
  readonly streams: StreamRegistry;
  readonly memory: MemoryGuard;
  /** Whether it is to go on, and not about to stop. */
  readonly isReady: () => boolean;
}

const WANTS_TEXT = /text\/plain|application\/openmetrics-text/;

/** `GET /healthz`, `/readyz`, `/metrics`. */
export function healthRoutes({ overview, streams, memory, isReady }: HealthDeps): Hono {
  const routes = new Hono();
  routes.get("/healthz", (context) => context.json({ status: "ok" }));
  routes.get("/readyz", (context) => {
    const readiness = readinessOf({
      isDraining: !isReady(),
      memoryRefusal: memory.viewerRefusal(),
      publishedStreams: streams.published().length,
    });
    return context.json(readiness, readiness.status === "ready" ? 200 : 503);
  });
  routes.get("/metrics", async (context) => {
    if (WANTS_TEXT.test(context.req.header("accept") ?? "")) {
      const text = await expositionText(overview);
      return context.text(text, 200, { "content-type": EXPOSITION_TYPE });
    }
    const [metrics, playbacks] = await Promise.all([overview.metrics(), overview.playbacks()]);
    return context.json({
      ...snapshotOf(metrics, Date.now()),
      viewers: playbackSnapshot(playbackByStream(playbacks)),
    });
  });
  return routes;
}

/** What viewers say of themselves is of all workers before it is a figure: not to be added up. */
async function expositionText(overview: Overview): Promise<string> {
  const [text, playbacks] = await Promise.all([overview.exposition(), overview.playbacks()]);
  return `${text}\n${await playbackExposition(playbackByStream(playbacks))}`;
}
