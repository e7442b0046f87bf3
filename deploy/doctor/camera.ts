import type { Frame } from "@porthole/protocol";
import type { Redact } from "@porthole/protocol/service";
import {
  AddressNotAllowedError,
  checkedCameraUrl,
  UnknownHostError,
} from "../../producer/camera_address.ts";
import { watchCamera } from "../../producer/camera_connection.ts";
import type { CameraFailureCode } from "../../producer/camera_failure.ts";
import { CAMERA_CURES } from "../../producer/camera_cure.ts";
import { knock } from "../../producer/camera_knock.ts";
import { firstAttempt, nextAttempt } from "../../producer/camera_plan.ts";
import type { ProducerConfig } from "../../producer/config.ts";
import type { CameraPlan } from "../../producer/ffmpeg_args.ts";
import {
  type FrameReader,
  H264FrameReader,
  JpegFrameReader,
  SequenceCounter,
} from "../../producer/frame_reader.ts";
import { H265FrameReader } from "../../producer/h265_frame_reader.ts";
import { FrameWatchdog } from "../../producer/frame_watchdog.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const KNOCK_WITHIN_MS = 3_000;
const PICTURE_WITHIN_MS = 20_000;
/** Beyond this people notice that they wait. */
const SLOW_START_MS = 5_000;

const PLANS: Readonly<Record<CameraPlan, string>> = {
  passthrough: "its H.264 is passed through",
  "passthrough-h265":
    "its H.265 is passed through to browsers that play it; for others it is transcoded to H.264, " +
    "which takes most of a core while one watches",
  transcode: "transcoded to H.264, which takes most of a core",
  jpeg: "made into JPEGs",
};

/** The camera as the producer would connect to it: whether it answers, and shows a picture. */
export async function examineCamera(
  config: Pick<ProducerConfig, "camera" | "jpeg" | "retry">,
  redact: Redact,
): Promise<readonly Finding[]> {
  const cause = (code: CameraFailureCode, what: string) => [fail(what, CAMERA_CURES[code])];
  let url: string;
  try {
    url = await checkedCameraUrl(config.camera, AbortSignal.timeout(KNOCK_WITHIN_MS));
  } catch (error) {
    if (error instanceof AddressNotAllowedError) return cause("not_allowed", error.message);
    if (error instanceof UnknownHostError) return cause("unknown_host", error.message);
    return cause("unknown_host", "the camera's name is not resolved in time");
  }
  const startedMs = performance.now();
  const isAnswered = await knock(url, KNOCK_WITHIN_MS, new AbortController().signal);
  const answer = isAnswered
    ? [ok(`the camera answers by RTSP after ${Math.round(performance.now() - startedMs)} ms`)]
    : [];
  return [...answer, ...await firstPicture(config, redact)];
}

async function firstPicture(
  { camera, jpeg, retry }: Pick<ProducerConfig, "camera" | "jpeg" | "retry">,
  redact: Redact,
): Promise<readonly Finding[]> {
  const startedMs = performance.now();
  const seen = new AbortController();
  const late = AbortSignal.timeout(PICTURE_WITHIN_MS);
  const signal = AbortSignal.any([seen.signal, late]);
  let first: Frame | undefined;
  // A wrong guess at the codec is mended at once; anything else is not tried twice, for cameras
  // lock accounts.
  for (let attempt = firstAttempt(camera.codecMode); attempt.delayMs === 0;) {
    const { plan } = attempt;
    const reader = readerFor(plan);
    const outcome = await watchCamera(attempt, {
      ...{ camera, jpeg, redact, reader },
      watchdog: new FrameWatchdog({ stallMs: camera.stallMs, firstWithinMs: PICTURE_WITHIN_MS }),
      onFrame: (frame) => {
        first ??= frame;
        seen.abort();
      },
    }, signal);
    if (first !== undefined) return pictureFound(first, plan, performance.now() - startedMs);
    if (late.aborted) {
      return [fail(
        `no picture from the camera within ${PICTURE_WITHIN_MS / 1000} s`,
        "set its keyframe interval to one or two seconds; restart it if it hangs",
      )];
    }
    const { code, cause } = outcome.failure;
    attempt = nextAttempt(attempt, outcome, { mode: camera.codecMode, retry, random: 1 });
    if (attempt.delayMs !== 0) return [fail(cause, CAMERA_CURES[code])];
  }
  return [];
}

function readerFor(plan: CameraPlan): FrameReader {
  const sequence = new SequenceCounter();
  if (plan === "jpeg") return new JpegFrameReader(sequence);
  return plan === "passthrough-h265"
    ? new H265FrameReader(sequence)
    : new H264FrameReader(sequence);
}

function pictureFound(
  { codec = "jpeg", width, height }: Frame,
  plan: CameraPlan,
  tookMs: number,
): readonly Finding[] {
  const found = `the camera shows ${width}x${height}, ${codec}: ${PLANS[plan]}`;
  const took = `first picture after ${Math.round(tookMs)} ms`;
  const isSlow = tookMs > SLOW_START_MS;
  return [
    plan === "transcode"
      ? warn(found, "set the camera to H.264, baseline or main profile, 8 bits, if it can")
      : ok(found),
    isSlow ? warn(took, "set the camera's keyframe interval to one or two seconds") : ok(took),
  ];
}
