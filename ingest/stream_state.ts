import type { CameraStatus, StreamState } from "@porthole/protocol";

/** What a stream's state follows from. */
export interface StreamFacts {
  /** The live publish that is open, if any, as far as the producer has said how its camera is. */
  readonly camera: CameraStatus | undefined;
  readonly hasPublisher: boolean;
  /** When the last frame came; `undefined` if none did. */
  readonly lastFrameMs: number | undefined;
}

export interface StateWithCause {
  readonly state: StreamState;
  readonly cause: string;
}

/** Without a frame for so long, the picture is not live any more. */
const LIVE_WITHIN_MS = 3_000;
/** The last picture of a stream nobody publishes is of interest for so long. */
const STALE_WITHIN_MS = 30_000;

/** Live, stale or offline, and why, in words a person can read. Pure. */
export function streamStateOf(facts: StreamFacts, nowMs: number): StateWithCause {
  const { camera, hasPublisher, lastFrameMs } = facts;
  const silentMs = lastFrameMs === undefined ? Infinity : nowMs - lastFrameMs;
  if (silentMs <= LIVE_WITHIN_MS && camera?.state !== "failed") return { state: "live", cause: "" };
  const cause = causeOf(facts);
  if (hasPublisher && lastFrameMs !== undefined) return { state: "stale", cause };
  return { state: silentMs <= STALE_WITHIN_MS ? "stale" : "offline", cause };
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
