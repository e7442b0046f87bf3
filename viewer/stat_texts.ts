import type { Presence } from "./presence.ts";
import { type QualityView, sizeText } from "./quality_view.ts";
import { SLOW_LINK_SPAN_MS } from "./stats.ts";
import { WAY_NAMES } from "./ways.ts";
import type { Report } from "./worker_messages.ts";

/** What stands in the `data-stat` attributes, in the order of the panel. */
export const STAT_NAMES = [
  "latency",
  "fps",
  "resolution",
  "rendition",
  "reason",
  "bandwidth",
  "frames",
  "dropped",
  "skipped",
  "buffer",
  "decoder",
  "way",
  "join",
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
  quality: QualityView,
): Record<StatName, string> {
  const stats = report?.stats;
  const picture = report?.picture;
  return {
    latency: latencySplitText(report),
    fps: stats === undefined ? UNKNOWN : stats.paintedFps.toFixed(1),
    resolution: picture === undefined ? UNKNOWN : sizeText(picture),
    rendition: renditionText(report, quality),
    reason: quality.reason === "" ? UNKNOWN : quality.reason,
    bandwidth: stats === undefined ? UNKNOWN : bandwidthText(stats.receivedKbps),
    frames: stats === undefined
      ? UNKNOWN
      : `${stats.framesPainted} painted of ${stats.framesReceived}`,
    dropped: stats === undefined
      ? UNKNOWN
      : `${stats.discardedByServer} server · ${stats.discardedByViewer} viewer · ` +
        `${stats.decoderErrors} decoder`,
    skipped: stats === undefined ? UNKNOWN : skippedText(stats.discardedLately),
    buffer: report === undefined ? UNKNOWN : framesText(report.bufferedFrames),
    decoder: picture === undefined ? UNKNOWN : `${picture.codec} · ${picture.rendition}`,
    way: report === undefined ? UNKNOWN : `${WAY_NAMES[report.way]} (${report.wayReason})`,
    join: joinText(report),
    state: presence.message === "" ? presence.status : presence.message,
  };
}

function latencySplitText(report: Report | undefined): string {
  const { latencyMs, transportMs } = report?.stats ?? {};
  if (latencyMs === undefined || transportMs === undefined) return UNKNOWN;
  const [all, onTheWay] = [Math.round(latencyMs), Math.round(transportMs)];
  return `${all} ms (${onTheWay} on the way + ${all - onTheWay} here)`;
}

/** What is painted, and whether by the user's choice; how many frames a second ingest sends. */
function renditionText(report: Report | undefined, { name, isPinned }: QualityView): string {
  if (name === "") return UNKNOWN;
  const fps = report?.quality?.fps ?? 0;
  const rate = fps === 0 ? "" : ` at ${fps} fps`;
  return `${name}${rate}, ${isPinned ? "pinned" : "automatic"}`;
}

function skippedText(discardedLately: number): string {
  if (discardedLately === 0) return "none lately";
  return `${discardedLately} in ${SLOW_LINK_SPAN_MS / 1000} s: the link is slow`;
}

/** A preview is a picture, and the first of what follows it is told as well. */
function joinText(report: Report | undefined): string {
  const { joinMs, fullJoinMs } = report?.stats ?? {};
  const first = millisecondsText(joinMs);
  if (fullJoinMs === undefined || fullJoinMs === joinMs) return first;
  return `${first}, in full after ${millisecondsText(fullJoinMs)}`;
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
