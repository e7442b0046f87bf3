import { type CameraStatus, type Frame, ProtocolError } from "@porthole/protocol";
import { logFor, type Redact, sleep } from "@porthole/protocol/service";
import { type CameraFailure, classifyFfmpegEnd } from "./camera_failure.ts";
import {
  type AttemptOutcome,
  type CameraAttempt,
  firstAttempt,
  nextAttempt,
} from "./camera_plan.ts";
import { isCircuitOpen } from "./circuit_breaker.ts";
import type { CameraConfig, JpegConfig, RetryConfig } from "./config.ts";
import { FlvError, NotH264Error } from "./demux/flv.ts";
import { SmjpegError } from "./demux/smjpeg.ts";
import { cameraArgs, type CameraPlan } from "./ffmpeg_args.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import {
  type FrameReader,
  H264FrameReader,
  JpegFrameReader,
  SequenceCounter,
} from "./frame_reader.ts";

export interface CameraSupervisorOptions {
  readonly camera: CameraConfig;
  readonly jpeg: JpegConfig;
  readonly retry: RetryConfig;
  readonly redact: Redact;
  /** Numbers JPEGs; shared with whoever else makes them of this camera. */
  readonly jpegSequence: SequenceCounter;
  /** How long after a picture the camera may send no other before it is connected to anew, ms. */
  readonly stallMs?: number;
  /** Every frame, as soon as it is whole. */
  readonly onFrame: (frame: Frame) => void;
  /** The connection ended: what follows starts anew, perhaps with another codec and size. */
  readonly onEnd: () => void;
  readonly onStatus: (status: CameraStatus) => void;
}

/** A camera that is connected and silent may still send RTCP: it is pictures that count. */
const STALL_MS = 10_000;
/**
 * The first may take as long as its GOP, and must not be given up before the reader has seen that
 * there are no keyframes at all: 40 s of access units at 15 fps.
 */
const FIRST_PICTURE_WITHIN_MS = 45_000;
const STALLED: CameraFailure = {
  code: "stalled",
  cause: "camera is connected but sends no pictures",
};

const log = logFor("producer", "camera");

/** Keeps one camera's FFmpeg running for as long as the producer does. */
export class CameraSupervisor {
  readonly #options: CameraSupervisorOptions;
  readonly #mainSequence = new SequenceCounter();

  constructor(options: CameraSupervisorOptions) {
    this.#options = options;
  }

  /**
   * Resolves once `signal` is aborted and FFmpeg is gone.
   *
   * @throws {FfmpegMissingError}
   */
  async run(signal: AbortSignal): Promise<void> {
    const { camera, retry } = this.#options;
    let attempt = firstAttempt(camera.codecMode);
    while (!signal.aborted) {
      const outcome = await this.#watch(attempt, signal);
      if (signal.aborted) return;
      this.#options.onEnd();
      attempt = nextAttempt(attempt, outcome, {
        mode: camera.codecMode,
        retry,
        random: Math.random(),
      });
      await this.#leaveAlone(attempt, outcome.failure, signal);
    }
  }

  async #watch(attempt: CameraAttempt, signal: AbortSignal): Promise<AttemptOutcome> {
    const { camera, jpeg, onFrame, onStatus, redact, stallMs = STALL_MS } = this.#options;
    const { plan, patient } = attempt;
    log.debug("connecting to the camera", { plan, patient });
    if (attempt.failures === 0) onStatus({ type: "status", state: "connecting", cause: "" });
    await using ffmpeg = FfmpegProcess.spawn(cameraArgs({ url: camera.url, plan, patient }, jpeg));
    const stop = () => ffmpeg.stop();
    signal.addEventListener("abort", stop, { once: true });
    let hadFrames = false;
    let isStalled = false;
    const stall = () => {
      isStalled = true;
      stop();
    };
    let watchdog = setTimeout(stall, Math.max(stallMs, FIRST_PICTURE_WITHIN_MS));
    try {
      const reader = this.#readerFor(plan);
      for await (const chunk of ffmpeg.stdout) {
        for (const frame of reader.push(chunk)) {
          clearTimeout(watchdog);
          watchdog = setTimeout(stall, stallMs);
          if (!hadFrames) {
            hadFrames = true;
            this.#announce(plan, frame);
          }
          onFrame(frame);
        }
      }
      const end = await ffmpeg.ended;
      return { hadFrames, failure: isStalled ? STALLED : classifyFfmpegEnd(end, redact) };
    } catch (error) {
      return { hadFrames, failure: failureOf(error) };
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", stop);
    }
  }

  #readerFor(plan: CameraPlan): FrameReader {
    return plan === "jpeg"
      ? new JpegFrameReader(this.#options.jpegSequence)
      : new H264FrameReader(this.#mainSequence);
  }

  #announce(plan: CameraPlan, { width, height, codec }: Frame): void {
    log.info("camera is live", { plan, codec, width, height });
    this.#options.onStatus({ type: "status", state: "live", cause: "" });
  }

  async #leaveAlone(
    next: CameraAttempt,
    { code, cause }: CameraFailure,
    signal: AbortSignal,
  ): Promise<void> {
    if (next.delayMs === 0) {
      log.info("trying the camera another way", { because: cause, plan: next.plan });
      return;
    }
    this.#options.onStatus({ type: "status", state: "failed", cause });
    const circuit = isCircuitOpen(next.failures, this.#options.retry) ? "open" : "closed";
    log.warn("no picture from the camera", {
      cause,
      code,
      failures: next.failures,
      circuit,
      retryInS: Math.round(next.delayMs / 100) / 10,
    });
    await sleep(next.delayMs, signal);
  }
}

function failureOf(error: unknown): CameraFailure {
  if (error instanceof NotH264Error) return { code: "not_h264", cause: error.message };
  const isBadData = error instanceof FlvError || error instanceof SmjpegError ||
    error instanceof ProtocolError || error instanceof RangeError;
  if (isBadData) return { code: "ffmpeg_failed", cause: `video is damaged: ${error.message}` };
  throw error;
}
