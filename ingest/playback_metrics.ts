import type { LatencyPercentiles } from "@porthole/protocol";
import { expositionOf, MetricsRegistry, type Sample } from "@porthole/protocol/metrics";
import type { Playback, StreamPlayback } from "./playback_reports.ts";

type ByStream = ReadonlyMap<string, StreamPlayback>;

/** The `quantile` label of Prometheus for each percentile. */
const QUANTILES: readonly (readonly [keyof LatencyPercentiles, string])[] = [
  ["p50", "0.5"],
  ["p95", "0.95"],
  ["p99", "0.99"],
];

/** For `/metrics` as JSON: by stream. */
export function playbackSnapshot(streams: ByStream): Record<string, unknown> {
  return Object.fromEntries(
    [...streams].map(([stream, { reporting, median, worst }]) => [stream, {
      reporting,
      ["latency_ms"]: median.latencyMs,
      ["latency_worst_ms"]: worst.latencyMs,
      fps: median.fps,
      ["fps_worst"]: worst.fps,
    }]),
  );
}

/**
 * The same as Prometheus's text. Labels are streams and percentiles, so there are no more series than
 * streams call for, however many watch.
 */
export async function playbackExposition(streams: ByStream): Promise<string> {
  const registry = new MetricsRegistry();
  const add = (
    name: string,
    help: string,
    samplesOf: (stream: string, playback: StreamPlayback) => readonly Sample[],
  ) =>
    registry.addGauge({
      ...{ name: `porthole_${name}`, help, labelNames: ["stream", "quantile"] },
      read: () => [...streams].flatMap(([stream, playback]) => samplesOf(stream, playback)),
    });
  add(
    "viewers_reporting",
    "Viewers that say how late their pictures are.",
    (stream, { reporting }) => [{ labels: { stream }, value: reporting }],
  );
  add(
    "viewer_latency_seconds",
    "Percentiles of picture age that viewers report: the viewer in the middle.",
    (stream, { median }) => latencySamples(stream, median),
  );
  add(
    "viewer_latency_worst_seconds",
    "The same: the worst viewer.",
    (stream, { worst }) => latencySamples(stream, worst),
  );
  add(
    "viewer_fps",
    "Painted pictures a second: the viewer in the middle.",
    (stream, { median }) => [{ labels: { stream }, value: median.fps }],
  );
  add(
    "viewer_fps_worst",
    "The same: the worst viewer.",
    (stream, { worst }) => [{ labels: { stream }, value: worst.fps }],
  );
  return expositionOf([await registry.parts()]);
}

function latencySamples(stream: string, { latencyMs }: Playback): Sample[] {
  return QUANTILES.map(([name, quantile]) => ({
    labels: { stream, quantile },
    value: latencyMs[name] / 1000,
  }));
}
