import type { LatencyPercentiles } from "@porthole/protocol";
import type { Playback, StreamPlayback } from "./playback_reports.ts";

type ByStream = ReadonlyMap<string, StreamPlayback>;
type Sample = readonly [labels: string, value: number];

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
 * Prometheus text exposition format 0.0.4; empty when nobody reports. Labels are streams and
 * percentiles, so there are no more series than streams call for, however many watch.
 */
export function playbackPrometheus(streams: ByStream): string {
  if (streams.size === 0) return "";
  const all = [...streams];
  const fps = (of: "median" | "worst") => all.map(([id, s]): Sample => [label(id), s[of].fps]);
  const latency = (of: "median" | "worst") =>
    all.flatMap(([id, playback]) => latencySamples(id, playback[of]));
  return [
    ...gauge(
      "viewers_reporting",
      "Viewers that say how late their pictures are.",
      all.map(([id, { reporting }]): Sample => [label(id), reporting]),
    ),
    ...gauge(
      "viewer_latency_ms",
      "Percentiles of picture age that viewers report: the viewer in the middle.",
      latency("median"),
    ),
    ...gauge("viewer_latency_worst_ms", "The same: the worst viewer.", latency("worst")),
    ...gauge("viewer_fps", "Painted pictures a second: the viewer in the middle.", fps("median")),
    ...gauge("viewer_fps_worst", "The same: the worst viewer.", fps("worst")),
    "",
  ].join("\n");
}

function gauge(name: string, help: string, samples: readonly Sample[]): string[] {
  return [
    `# HELP porthole_${name} ${help}`,
    `# TYPE porthole_${name} gauge`,
    ...samples.map(([labels, value]) => `porthole_${name}{${labels}} ${value}`),
  ];
}

function latencySamples(stream: string, { latencyMs }: Playback): Sample[] {
  return QUANTILES.map(([name, quantile]) => [
    `${label(stream)},quantile="${quantile}"`,
    latencyMs[name],
  ]);
}

/** Ids of streams need no escapes. */
function label(stream: string): string {
  return `stream="${stream}"`;
}
