import type { LatencyMinute } from "./latency_history.ts";
import type { Presence } from "./presence.ts";
import { type QualityView, sizeText } from "./quality_view.ts";
import { SLOW_LINK_SPAN_MS, type StatsSnapshot } from "./stats.ts";
import { WAY_NAMES } from "./ways.ts";
import type { Report } from "./worker_messages.ts";

/** What stands in the `data-stat` attributes, in the order of the panel. */
export const STAT_NAMES = [
  "fps",
  "resolution",
  "rendition",
  "reason",
  "bandwidth",
  "frames",
  "dropped",
  "dropped-here",
  "skipped",
  "buffer",
  "decoder",
  "way",
  "join",
  "reconnects",
  "state",
] as const;

export type StatName = typeof STAT_NAMES[number];

export const UNKNOWN = "–";

/** The latency for the badge that always shows, e.g. `84 ms`. */
export function latencyText(report: Report | undefined): string {
  return millisecondsText(report?.stats.latencyMs);
}

/** The last minute in three numbers. */
export function percentilesText(minute: LatencyMinute | undefined): string {
  if (minute?.percentiles === undefined) return UNKNOWN;
  const { p50, p95, p99 } = minute.percentiles;
  return `p50 ${Math.round(p50)} · p95 ${Math.round(p95)} · p99 ${Math.round(p99)} ms`;
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
    fps: stats === undefined ? UNKNOWN : stats.paintedFps.toFixed(1),
    resolution: picture === undefined ? UNKNOWN : sizeText(picture),
    rendition: renditionText(report, quality),
    reason: quality.reason === "" ? UNKNOWN : quality.reason,
    bandwidth: stats === undefined ? UNKNOWN : bandwidthText(stats.receivedKbps),
    frames: stats === undefined
      ? UNKNOWN
      : `${stats.framesPainted} painted of ${stats.framesReceived}`,
    dropped: report === undefined ? UNKNOWN : droppedText(report),
    "dropped-here": stats === undefined ? UNKNOWN : droppedHereText(stats),
    skipped: stats === undefined ? UNKNOWN : skippedText(stats.discardedLately),
    buffer: report === undefined ? UNKNOWN : framesText(report.bufferedFrames),
    decoder: picture === undefined ? UNKNOWN : `${picture.codec} · ${picture.rendition}`,
    way: report === undefined ? UNKNOWN : `${WAY_NAMES[report.way]} (${report.wayReason})`,
    join: joinText(report),
    reconnects: report === undefined ? UNKNOWN : reconnectsText(report),
    state: presence.message === "" ? presence.status : presence.message,
  };
}

/** What of the latency was on the way, and what here. */
export function latencySplitText(report: Report | undefined): string {
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

/** By whom: this viewer's link was slow, this browser was, or it never came to the server. */
function droppedText({ stats, lostBeforeServer }: Report): string {
  return `${stats.discardedByServer} by the server, for a slow link · ` +
    `${stats.discardedByViewer} here · ${lostBeforeServer} lost before the server`;
}

function droppedHereText(stats: StatsSnapshot): string {
  return `${stats.decoderBehind} decoder behind · ${stats.unusable} without their keyframe · ` +
    `${stats.overtaken} overtaken · ${errorsText(stats.decoderErrors)}`;
}

function errorsText(errors: number): string {
  return errors === 1 ? "1 decoder error" : `${errors} decoder errors`;
}

function reconnectsText({ reconnects, lastLossCause }: Report): string {
  if (lastLossCause === "") return reconnects === 0 ? "none" : String(reconnects);
  return `${reconnects}, last because ${lastLossCause}`;
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
