import type { CameraStatus, StreamState } from "@porthole/protocol";

/** What a stream's state follows from. */
export interface StreamFacts {
  /** The live publish that is open, if any, as far as the producer has said how its camera is. */
  readonly camera: CameraStatus | undefined;
  readonly hasPublisher: boolean;
  /** When the last frame came; `undefined` if none did. */
  readonly lastFrameMs: number | undefined;
  /** Between the last two frames, ms. */
  readonly intervalMs: number;
}

export interface StateWithCause {
  readonly state: StreamState;
  readonly cause: string;
  /** The camera was closed because nobody watched; it opens for who does. */
  readonly standby?: true;
}

/** Without a frame for so long, the picture is not live any more. */
const LIVE_WITHIN_MS = 3_000;
/** A camera of one frame in ten seconds is live all the same, as long as the producer says so. */
const LIVE_FOR_INTERVALS = 2.5;
const LIVE_WITHIN_AT_MOST_MS = 60_000;
/** The last picture of a stream nobody publishes is of interest for so long. */
const STALE_WITHIN_MS = 30_000;

/** Live, stale or offline, and why, in words a person can read. Pure. */
export function streamStateOf(facts: StreamFacts, nowMs: number): StateWithCause {
  const { camera, hasPublisher, lastFrameMs } = facts;
  // Not offline, whoever has seen it or not: who watches has a picture in a moment.
  if (camera?.standby === true) return { state: "stale", cause: camera.cause, standby: true };
  const silentMs = lastFrameMs === undefined ? Infinity : nowMs - lastFrameMs;
  const isLive = silentMs <= liveWithinMs(facts) && camera?.state !== "failed";
  if (isLive) return { state: "live", cause: "" };
  const cause = causeOf(facts);
  if (hasPublisher && lastFrameMs !== undefined) return { state: "stale", cause };
  return { state: silentMs <= STALE_WITHIN_MS ? "stale" : "offline", cause };
}

function liveWithinMs({ camera, intervalMs }: StreamFacts): number {
  if (camera?.state !== "live") return LIVE_WITHIN_MS;
  const slowMs = Math.min(LIVE_WITHIN_AT_MOST_MS, LIVE_FOR_INTERVALS * intervalMs);
  return Math.max(LIVE_WITHIN_MS, slowMs);
}

function causeOf({ camera, hasPublisher, lastFrameMs }: StreamFacts): string {
  if (!hasPublisher) {
    return lastFrameMs === undefined ? "nobody publishes this stream" : "the publisher is gone";
  }
  if (camera === undefined || camera.cause === "") {
    return camera?.state === "connecting"
      ? "connecting to the camera"
      : "no frames from the camera";
  }
  return camera.cause;
}
