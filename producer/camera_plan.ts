import type { CameraFailure, CameraFailureCode } from "./camera_failure.ts";
import { retryDelayMs } from "./circuit_breaker.ts";
import type { CodecMode, RetryConfig } from "./config.ts";
import type { CameraPlan } from "./ffmpeg_args.ts";

/** How the camera is tried next. */
export interface CameraAttempt {
  readonly plan: CameraPlan;
  /** Read packets before deciding what the video is. */
  readonly patient: boolean;
  /** Failures in a row before this attempt. */
  readonly failures: number;
  readonly delayMs: number;
}

export interface AttemptOutcome {
  readonly failure: CameraFailure;
  readonly hadFrames: boolean;
}

/**
 * Failures that trying again is no help against: somebody has to mend something, or has to notice
 * that the camera is back, which is cheaper without FFmpeg. Each try at the wrong password brings
 * the camera closer to locking the account.
 */
const RARELY_TRIED: ReadonlySet<CameraFailureCode> = new Set([
  "unauthorized",
  "not_allowed",
  "untrusted_certificate",
  "no_video",
  "codec_unusable",
  "refused",
  "unreachable",
  "unknown_host",
]);

/**
 * The first thing to try. Passing the camera's H.264 through is its own probe: where the camera
 * sends something else, FFmpeg says so at once, and no second connection was spent on asking.
 */
export function firstAttempt(mode: CodecMode): CameraAttempt {
  return {
    plan: mode === "h264" ? "transcode" : "passthrough",
    patient: false,
    failures: 0,
    delayMs: 0,
  };
}

/**
 * What to try after an attempt has ended. A wrong guess about the codec or the probe is mended at
 * once; anything else starts over after a delay, from the first plan, for a camera that comes back
 * may send another codec than before. An FFmpeg that was killed under way is replaced with next to
 * none.
 *
 * @param random 0 to 1, for the jitter of the delay
 */
export function nextAttempt(
  attempt: CameraAttempt,
  { failure, hadFrames }: AttemptOutcome,
  { mode, retry, random }: { mode: CodecMode; retry: RetryConfig; random: number },
): CameraAttempt {
  const plan = otherPlan(attempt.plan, failure.code, mode);
  if (plan !== undefined) return { ...attempt, plan, delayMs: 0 };
  if (!attempt.patient && !hadFrames && failure.code === "parameters_missing") {
    return { ...attempt, patient: true, delayMs: 0 };
  }
  const failures = hadFrames ? 1 : attempt.failures + 1;
  // Where the camera has done nothing wrong, no others are asked in step with it, and half a second
  // may be another keyframe that is missed.
  const isOursAlone = hadFrames && failure.code === "ffmpeg_killed";
  const delayMs = retryDelayMs(failures, retry, {
    isCostly: failure.code === "unauthorized",
    grows: RARELY_TRIED.has(failure.code),
    random: isOursAlone ? 0 : random,
  });
  return { ...firstAttempt(mode), failures, delayMs };
}

/** The plan for the codec that the camera turned out to send; `undefined` where it is none of that. */
function otherPlan(
  plan: CameraPlan,
  code: CameraFailureCode,
  mode: CodecMode,
): CameraPlan | undefined {
  if (plan === "passthrough" && code === "is_h265" && mode === "auto") return "passthrough-h265";
  const isOther = plan === "passthrough"
    ? code === "not_h264" || code === "is_h265"
    : plan === "passthrough-h265" && code === "not_h265";
  if (!isOther) return undefined;
  return mode === "jpeg" ? "jpeg" : "transcode";
}
