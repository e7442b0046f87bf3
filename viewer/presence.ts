import type { StatsSnapshot } from "./stats.ts";
import type { Report } from "./worker_messages.ts";

export type PlayerState = "connecting" | "live" | "stale" | "offline" | "paused" | "unsupported";

/** How a player is, as it is shown. */
export interface Presence {
  readonly state: PlayerState;
  /** One or two words. */
  readonly status: string;
  /** What to say over the picture; empty when there is nothing to say. */
  readonly message: string;
}

/**
 * Without a new picture for this long, "live" would be a lie, whatever ingest says; with a camera of
 * few pictures that is live, two and a half of its intervals.
 */
export const MAX_QUIET_MS = 3000;
const MAX_QUIET_INTERVALS = 2.5;
const LONGEST_QUIET_MS = 60_000;

/** What a player shows, from what its worker last said; `undefined` before it said anything. */
export function presenceOf(report: Report | undefined, playing: boolean): Presence {
  if (!playing) return { state: "paused", status: "Paused", message: "" };
  if (report?.connection === "login" || report?.connection === "forbidden") {
    return refused(report);
  }
  if (report === undefined || report.connection !== "open" || report.streamState === undefined) {
    return connecting(report);
  }
  const { streamState, streamCause, streamQuietMs, picture, stats } = report;
  if (report.streamStandby) {
    return { state: "connecting", status: "Waking", message: "Waking the camera" };
  }
  if (streamState === "offline") {
    return {
      state: "offline",
      status: "Offline",
      message: streamCause || "Waiting for the camera",
    };
  }
  if (streamState === "stale" || stats.sincePaintMs >= maxQuietMs(stats)) {
    // A page that was opened while there is none painted the last one just now.
    const quietMs = Math.max(stats.sincePaintMs, streamQuietMs);
    const message = withCause(`No picture for ${durationText(quietMs)}`, streamCause);
    return { state: "stale", status: "No picture", message };
  }
  if (picture === undefined) {
    return { state: "connecting", status: "Connecting", message: "Waiting for the first picture" };
  }
  return { state: "live", status: "Live", message: "" };
}

export const UNSUPPORTED: Presence = {
  state: "unsupported",
  status: "Not supported",
  message: "This browser is too old to play live pictures: it lacks OffscreenCanvas. " +
    "Chrome 108, Edge 108, Firefox 114, Safari 16.4 or any later one will do.",
};

/** The worker did not start, or broke. */
export function brokenPresence(cause: string): Presence {
  return { state: "offline", status: "Failed", message: withCause("The player failed", cause) };
}

function refused({ connection, connectionCause }: Report): Presence {
  return connection === "login"
    ? { state: "offline", status: "Logged out", message: "Log in to watch" }
    : { state: "offline", status: "Not allowed", message: connectionCause };
}

function maxQuietMs({ paintIntervalMs }: StatsSnapshot): number {
  const slowMs = Math.min(LONGEST_QUIET_MS, MAX_QUIET_INTERVALS * paintIntervalMs);
  return Math.max(MAX_QUIET_MS, slowMs);
}

function connecting(report: Report | undefined): Presence {
  const again = report?.connection === "waiting" || report?.picture !== undefined;
  if (!again) return { state: "connecting", status: "Connecting", message: "Connecting" };
  const message = withCause("Connecting again", report.connectionCause);
  return { state: "connecting", status: "Reconnecting", message };
}

function withCause(sentence: string, cause: string): string {
  return cause === "" ? sentence : `${sentence}: ${cause}`;
}

/** Whole seconds below two minutes, then minutes, then hours. */
function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
