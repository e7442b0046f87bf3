import type { Presence } from "./presence.ts";
import type { Report } from "./worker_messages.ts";

/** What stands in the `data-stat` attributes, in the order of the panel. */
export const STAT_NAMES = [
  "latency",
  "fps",
  "resolution",
  "bandwidth",
  "frames",
  "dropped",
  "buffer",
  "decoder",
  "state",
] as const;

export type StatName = typeof STAT_NAMES[number];

export const UNKNOWN = "–";

/** The latency for the badge that always shows, e.g. `84 ms`. */
export function latencyText(report: Report | undefined): string {
  return millisecondsText(report?.stats.latencyMs);
}

/** The panel's values in words. */
export function statTexts(
  report: Report | undefined,
  presence: Presence,
): Record<StatName, string> {
  const stats = report?.stats;
  const picture = report?.picture;
  return {
    latency: latencySplitText(report),
    fps: stats === undefined ? UNKNOWN : stats.paintedFps.toFixed(1),
    resolution: picture === undefined ? UNKNOWN : `${picture.widthPx} × ${picture.heightPx}`,
    bandwidth: stats === undefined ? UNKNOWN : bandwidthText(stats.receivedKbps),
    frames: stats === undefined
      ? UNKNOWN
      : `${stats.framesPainted} painted of ${stats.framesReceived}`,
    dropped: stats === undefined
      ? UNKNOWN
      : `${stats.discardedByServer} server · ${stats.discardedByViewer} viewer · ` +
        `${stats.decoderErrors} decoder`,
    buffer: report === undefined ? UNKNOWN : framesText(report.bufferedFrames),
    decoder: decoderText(report),
    state: presence.message === "" ? presence.status : presence.message,
  };
}

function latencySplitText(report: Report | undefined): string {
  const { latencyMs, transportMs } = report?.stats ?? {};
  if (latencyMs === undefined || transportMs === undefined) return UNKNOWN;
  const [all, onTheWay] = [Math.round(latencyMs), Math.round(transportMs)];
  return `${all} ms (${onTheWay} on the way + ${all - onTheWay} here)`;
}

function decoderText(report: Report | undefined): string {
  if (report?.picture === undefined) return UNKNOWN;
  const { rendition, codec } = report.picture;
  const chosen = `${codec} · ${rendition}`;
  return report.qualityReason === "" ? chosen : `${chosen} (${report.qualityReason})`;
}

function millisecondsText(ms: number | undefined): string {
  return ms === undefined ? UNKNOWN : `${Math.round(ms)} ms`;
}

function bandwidthText(kbps: number): string {
  return kbps < 1000 ? `${Math.round(kbps)} kbit/s` : `${(kbps / 1000).toFixed(1)} Mbit/s`;
}

function framesText(frames: number): string {
  return frames === 1 ? "1 frame" : `${frames} frames`;
}
