import type { CameraStatus, Frame } from "@porthole/protocol";
import {
  type Log,
  logFor,
  logWith,
  type OpenSpan,
  type Redact,
  sleep,
  startSpan,
} from "@porthole/protocol/service";
import { AddressNotAllowedError, checkedCameraUrl, UnknownHostError } from "./camera_address.ts";
import { watchCamera } from "./camera_connection.ts";
import type { CameraFailure, CameraFailureCode } from "./camera_failure.ts";
import { knock } from "./camera_knock.ts";
import {
  type AttemptOutcome,
  type CameraAttempt,
  firstAttempt,
  nextAttempt,
} from "./camera_plan.ts";
import { CameraPresence } from "./camera_presence.ts";
import { circuitState } from "./circuit_breaker.ts";
import type { CameraConfig, JpegConfig, RetryConfig } from "./config.ts";
import type { CameraPlan } from "./ffmpeg_args.ts";
import {
  type FrameReader,
  H264FrameReader,
  JpegFrameReader,
  SequenceCounter,
} from "./frame_reader.ts";
import { H265FrameReader } from "./h265_frame_reader.ts";
import { FrameWatchdog } from "./frame_watchdog.ts";

export interface CameraSupervisorOptions {
  /** For the log and the traces. */
  readonly streamId: string;
  readonly camera: CameraConfig;
  readonly jpeg: JpegConfig;
  readonly retry: RetryConfig;
  readonly redact: Redact;
  /** Number H.264 and JPEGs; shared with whoever else makes them of this camera. */
  readonly mainSequence: SequenceCounter;
  readonly jpegSequence: SequenceCounter;
  /** Every frame, as soon as it is whole. */
  readonly onFrame: (frame: Frame) => void;
  /** The connection ended: what follows starts anew, perhaps with another codec and size. */
  readonly onEnd: () => void;
  readonly onStatus: (status: CameraStatus) => void;
  /** Called with why a connection ended. */
  readonly onRestart?: (cause: CameraFailureCode) => void;
}

/**
 * The first picture may take as long as its GOP, and must not be given up before the reader has
 * seen that there are no keyframes at all: 40 s of access units at 15 fps.
 */
const FIRST_PICTURE_WITHIN_MS = 45_000;
/** How often a camera that is left alone is knocked at, on average. */
const KNOCK_EVERY_MS = 500;
const KNOCK_WITHIN_MS = 1_000;

const log = logFor("producer", "camera");

/** Keeps one camera's FFmpeg running for as long as the producer does. */
export class CameraSupervisor {
  readonly #options: CameraSupervisorOptions;
  readonly #sourceSequence = new SequenceCounter();
  readonly #watchdog: FrameWatchdog;
  readonly #presence = new CameraPresence();
  readonly #log: Log;
  /** From a connection's end to the next picture. */
  #restarting: OpenSpan | undefined;

  constructor(options: CameraSupervisorOptions) {
    this.#options = options;
    this.#log = logWith(log, { stream: options.streamId });
    const { stallMs } = options.camera;
    this.#watchdog = new FrameWatchdog({ stallMs, firstWithinMs: FIRST_PICTURE_WITHIN_MS });
  }

  /** Tries for ever, whatever goes wrong. Resolves once `signal` is aborted and FFmpeg is gone. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#keepOpen(signal);
    } finally {
      this.#restarting?.fail("no longer wanted");
      this.#restarting = undefined;
    }
  }

  async #keepOpen(signal: AbortSignal): Promise<void> {
    const { camera, retry } = this.#options;
    let attempt = firstAttempt(camera.codecMode);
    while (!signal.aborted) {
      const outcome = await this.#connect(attempt, signal);
      if (signal.aborted) break;
      this.#options.onEnd();
      this.#options.onRestart?.(outcome.failure.code);
      this.#restarting ??= startSpan("camera.restart", {
        stream: this.#options.streamId,
        cause: outcome.failure.code,
      });
      this.#presence.failed(outcome.failure.code);
      attempt = nextAttempt(attempt, outcome, {
        mode: camera.codecMode,
        retry,
        random: Math.random(),
      });
      const isBack = await this.#leaveAlone(attempt, outcome.failure, signal);
      if (isBack) attempt = firstAttempt(camera.codecMode);
    }
  }

  async #connect(attempt: CameraAttempt, signal: AbortSignal): Promise<AttemptOutcome> {
    const { plan, failures } = attempt;
    const { streamId: stream } = this.#options;
    const connecting = startSpan("camera.connect", { stream, plan, failures });
    try {
      const outcome = await this.#watch(attempt, connecting, signal);
      if (!signal.aborted) connecting.fail(outcome.failure.code);
      return outcome;
    } finally {
      connecting.fail("no longer wanted");
    }
  }

  #watch(
    attempt: CameraAttempt,
    connecting: OpenSpan,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    const { camera, jpeg, onFrame, onStatus, redact, retry } = this.#options;
    const { plan, patient, failures } = attempt;
    const circuit = circuitState(failures, retry, false);
    this.#log.debug("connecting to the camera", { plan, patient, circuit });
    if (failures === 0) onStatus({ type: "status", state: "connecting", cause: "" });
    return watchCamera(attempt, {
      ...{ camera, jpeg, redact, watchdog: this.#watchdog, reader: this.#readerFor(plan) },
      onFrame: (frame, isFirst) => {
        if (isFirst) this.#announce(plan, frame, connecting);
        onFrame(frame);
      },
    }, signal);
  }

  #readerFor(plan: CameraPlan): FrameReader {
    switch (plan) {
      case "passthrough-h265":
        return new H265FrameReader(this.#sourceSequence);
      case "jpeg":
        return new JpegFrameReader(this.#options.jpegSequence);
      default:
        return new H264FrameReader(this.#options.mainSequence);
    }
  }

  #announce(plan: CameraPlan, { width, height, codec }: Frame, connecting: OpenSpan): void {
    connecting.end({ width, height });
    this.#restarting?.end();
    this.#restarting = undefined;
    this.#log.info("camera is live", { plan, codec, width, height });
    this.#options.onStatus({ type: "status", state: "live", cause: "" });
  }

  /** Until the next attempt is due. @returns whether that is because the camera came back */
  async #leaveAlone(
    next: CameraAttempt,
    { code, cause }: CameraFailure,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (next.delayMs === 0) {
      this.#log.info("trying the camera another way", { because: cause, plan: next.plan });
      return false;
    }
    this.#options.onStatus({ type: "status", state: "failed", cause });
    this.#log.warn("no picture from the camera", {
      cause,
      code,
      failures: next.failures,
      circuit: circuitState(next.failures, this.#options.retry, true),
      retryInS: Math.round(next.delayMs / 100) / 10,
    });
    const untilMs = performance.now() + next.delayMs;
    while (!signal.aborted) {
      const leftMs = untilMs - performance.now();
      // A part of it by chance: the producers of many cameras are not to knock in step.
      const pauseMs = KNOCK_EVERY_MS * (0.75 + 0.5 * Math.random());
      await sleep(Math.min(leftMs, pauseMs), signal);
      if (leftMs <= pauseMs) return false;
      // What is due does not wait for an answer that does not come.
      const withinMs = Math.min(KNOCK_WITHIN_MS, untilMs - performance.now());
      const isAnswered = await this.#knock(withinMs, signal);
      if (!isAnswered) this.#log.debug("nobody answers at the camera's address");
      if (this.#presence.knocked(isAnswered)) {
        this.#log.info("the camera answers again");
        return true;
      }
    }
    return false;
  }

  async #knock(withinMs: number, signal: AbortSignal): Promise<boolean> {
    try {
      const url = await checkedCameraUrl(this.#options.camera, signal);
      return await knock(url, withinMs, signal);
    } catch (error) {
      if (signal.aborted) return false;
      if (error instanceof AddressNotAllowedError || error instanceof UnknownHostError) {
        return false;
      }
      throw error;
    }
  }
}
