import type { Frame } from "@porthole/protocol";
import type { Redact } from "@porthole/protocol/service";
import { checkedCameraUrl } from "./camera_address.ts";
import { classifyError, classifyFfmpegEnd, ENDED, STALLED } from "./camera_failure.ts";
import type { AttemptOutcome, CameraAttempt } from "./camera_plan.ts";
import { cameraScript } from "./camera_script.ts";
import type { CameraConfig, JpegConfig } from "./config.ts";
import { cameraArgs } from "./ffmpeg_args.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import type { FrameReader } from "./frame_reader.ts";
import type { FrameWatchdog } from "./frame_watchdog.ts";

export interface CameraConnectionOptions {
  readonly camera: CameraConfig;
  readonly jpeg: JpegConfig;
  readonly redact: Redact;
  /** Knows the camera's pace from the connections before. */
  readonly watchdog: FrameWatchdog;
  readonly reader: FrameReader;
  /** Every frame, as soon as it is whole. */
  readonly onFrame: (frame: Frame, isFirst: boolean) => void;
}

/** What FFmpeg waits for an answer, at least: some cameras start their encoder only when asked. */
const ANSWER_WITHIN_MS = 5_000;
const WATCH_EVERY_MS = 250;

/**
 * One connection to the camera: an FFmpeg from its start to its end, which is waited for, whatever
 * ended it. Resolves with why it ended; what it says after `signal` is aborted means nothing.
 */
export async function watchCamera(
  attempt: CameraAttempt,
  options: CameraConnectionOptions,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { redact } = options;
  const progress = { hadFrames: false, isStalled: false };
  const startedMs = performance.now();
  const silenceMs = Math.max(ANSWER_WITHIN_MS, options.watchdog.allowanceMs);
  try {
    const url = await checkedCameraUrl(options.camera, signal);
    const input = { url, plan: attempt.plan, patient: attempt.patient, silenceMs };
    await using ffmpeg = FfmpegProcess.spawn(cameraArgs(input, options.jpeg), {
      text: cameraScript(input),
    });
    const stop = () => ffmpeg.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      await readFrames(ffmpeg, options, progress);
      const failure = classifyFfmpegEnd(await ffmpeg.ended, redact);
      // Of a camera that sends nothing FFmpeg says, in the end, that it was not told the codec.
      const waitedInVain = failure.code === "parameters_missing" && !progress.hadFrames &&
        performance.now() - startedMs >= silenceMs;
      return { ...progress, failure: progress.isStalled || waitedInVain ? STALLED : failure };
    } finally {
      signal.removeEventListener("abort", stop);
    }
  } catch (error) {
    const failure = signal.aborted ? ENDED : classifyError(error, redact);
    if (failure === undefined) throw error;
    return { ...progress, failure };
  }
}

async function readFrames(
  ffmpeg: FfmpegProcess,
  { watchdog, reader, onFrame }: CameraConnectionOptions,
  progress: { hadFrames: boolean; isStalled: boolean },
): Promise<void> {
  watchdog.connecting(performance.now());
  const watching = setInterval(() => {
    if (progress.isStalled || !watchdog.isStalled(performance.now())) return;
    progress.isStalled = true;
    watchdog.stalled();
    ffmpeg.stop();
  }, WATCH_EVERY_MS);
  try {
    for await (const chunk of ffmpeg.stdout) {
      for (const frame of reader.push(chunk)) {
        watchdog.frame(performance.now());
        onFrame(frame, !progress.hadFrames);
        progress.hadFrames = true;
      }
    }
  } finally {
    clearInterval(watching);
  }
}
