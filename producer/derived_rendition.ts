import {
  codecFamilyOf,
  type EncodedFrame,
  epochNowMs,
  type Frame,
  GopCache,
  MAX_GOP_BYTES,
} from "@porthole/protocol";
import {
  errorChain,
  type Log,
  logFor,
  logWith,
  type Redact,
  sleep,
} from "@porthole/protocol/service";
import { AnswerWatch } from "./answer_watch.ts";
import type { RenditionRestart } from "./camera_metrics.ts";
import { classifyFfmpegEnd } from "./camera_failure.ts";
import type { MainSource } from "./ffmpeg_args.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import { FrameLane } from "./frame_lane.ts";
import { FrameRateMeter } from "./frame_rate_meter.ts";
import type { FrameReader, FrameTimes, TimesOf } from "./frame_reader.ts";
import { coloursOf as h264ColoursOf, type VideoColours } from "./h264/colours.ts";
import { h265ColoursOf } from "./h265/colours.ts";
import { h264InFlv } from "./mux/flv.ts";
import type { InputMux, InputTrack } from "./mux/input_mux.ts";
import { h265InMatroska } from "./mux/matroska.ts";
import { Wakeup } from "./wakeup.ts";

/** What tells one derived rendition from another. */
export interface DerivedRenditionSpec {
  /** As frames and demand have it. */
  readonly name: string;
  /** Whether its bits are shared out by frame rate, so that another rate is another FFmpeg. */
  readonly dependsOnFps: boolean;
  /** FFmpeg's arguments: what the camera sends comes on its standard input. */
  args(source: MainSource): string[];
  /** Reads what FFmpeg makes of it. */
  reader(timesOf: TimesOf): FrameReader;
}

export interface DerivedRenditionOptions {
  /** For the log. */
  readonly streamId: string;
  readonly spec: DerivedRenditionSpec;
  /** Frames a second at most. */
  readonly targetFps: number;
  readonly redact: Redact;
  readonly onFrame: (frame: Frame) => void;
  /** Called with why another FFmpeg has to take over. */
  readonly onRestart?: (cause: RenditionRestart) => void;
}

/** What an FFmpeg is told of the codec, and how it is handed the access units. */
interface Input {
  readonly track: InputTrack;
  readonly mux: InputMux;
  readonly coloursOf: (config: Uint8Array) => VideoColours;
}

/** What one FFmpeg works on: a run of access units with the same decoder configuration. */
interface Run {
  readonly abort: AbortController;
  readonly input: Input;
  readonly fps: number;
  /** FFmpeg's time begins here: the containers on both its sides start again after 25 days. */
  readonly zeroPtsUs: number;
  readonly lane: FrameLane;
  readonly wakeup: Wakeup;
  /** Those of access units FFmpeg has and has not answered, by its own time. */
  readonly times: Map<number, FrameTimes>;
  readonly answers: AnswerWatch;
  readonly done: Promise<void>;
}

/** More than the uplink's, so that FFmpeg may work through a GOP when it starts; past it, it waits for the next. */
const MAX_AGE_MS = 2_000;
const RESTART_DELAY_MS = 500;
/**
 * A picture that FFmpeg was given is answered within this, or FFmpeg is frozen. The first one of a
 * long GOP takes longer: all before it are decoded.
 */
const ANSWER_WITHIN_MS = 3_000;
const FIRST_ANSWER_WITHIN_MS = 10_000;
/** Decoders hold pictures back to bring them into order: a camera of few a second is not frozen. */
const MAX_HELD_BACK = 8;
/** Half of what FFmpeg's FLV counts up to. */
const MAX_RUN_MS = 2 ** 30;
/** Of access units: past it, FFmpeg takes them and makes nothing of them. Two minutes at 30 fps. */
const MAX_UNANSWERED = 4096;
/** Frame rates further apart are not the same; a camera's own wavers. */
const SAME_FPS_WITHIN = 1.25;

/**
 * A rendition made from the producer's own copy of what the camera sends while it is wanted: a
 * second FFmpeg decodes the same access units that ingest gets, so the camera sees one connection.
 * Each frame has the times of the access unit it was made from.
 */
export class DerivedRendition implements AsyncDisposable {
  readonly #options: DerivedRenditionOptions;
  readonly #log: Log;
  readonly #gop = new GopCache();
  readonly #frameRate = new FrameRateMeter();
  #isWanted = false;
  #run: Run | undefined;
  #ending: Promise<void> = Promise.resolve();

  constructor(options: DerivedRenditionOptions) {
    this.#options = options;
    this.#log = logWith(logFor("producer", options.spec.name), { stream: options.streamId });
  }

  get name(): string {
    return this.#options.spec.name;
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Starts it, at once where the current GOP is known, or stops it. */
  want(wanted: boolean): void {
    if (wanted === this.#isWanted) return;
    this.#isWanted = wanted;
    if (wanted) this.#log.info("the rendition is wanted");
    else this.#log.info("the rendition is no longer wanted");
    if (wanted) this.#startIfPossible();
    else this.#stop();
  }

  /** Takes each frame of what the camera sends, H.264 or H.265. */
  feed(frame: Frame): void {
    const encoded = { frame, bytes: frame.data };
    this.#gop.add(encoded);
    this.#frameRate.count(frame.pts ?? 0);
    if (this.#run !== undefined && (this.#isFrozen(this.#run) || this.#isOver(this.#run, frame))) {
      this.#stop();
    }
    if (this.#run === undefined) return this.#startIfPossible();
    this.#offer(this.#run, encoded);
  }

  /** The camera starts anew, with timestamps of its own. */
  sourceEnded(): void {
    this.#gop.clear();
    this.#frameRate.reset();
    this.#stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    this.#stop();
    await this.#ending;
  }

  /** Of the frames that will be made. */
  get #fps(): number {
    const { targetFps } = this.#options;
    return Math.min(targetFps, this.#frameRate.fps ?? targetFps);
  }

  #isFrozen({ answers }: Run): boolean {
    if (!answers.isOverdue(performance.now())) return false;
    this.#log.warn("FFmpeg answers no more and is replaced");
    this.#options.onRestart?.("frozen");
    return true;
  }

  /** Whether another FFmpeg has to take over, which it can from a keyframe on. */
  #isOver(run: Run, { config, pts }: Frame): boolean {
    if (config === undefined) return false;
    if (config !== run.input.track.config || ptsMsIn(run, pts) > MAX_RUN_MS) return true;
    if (run.times.size > MAX_UNANSWERED) {
      this.#log.warn("FFmpeg makes nothing of the pictures it gets", { pictures: run.times.size });
      this.#options.onRestart?.("unanswered");
      return true;
    }
    const ratio = this.#fps / run.fps;
    const isSameFps = ratio < SAME_FPS_WITHIN && ratio > 1 / SAME_FPS_WITHIN;
    return this.#options.spec.dependsOnFps && !isSameFps;
  }

  #startIfPossible(): void {
    const [keyframe] = this.#gop.frames;
    const newest = this.#gop.frames.at(-1);
    if (!this.#isWanted || this.#run !== undefined) return;
    const config = keyframe?.frame.config;
    if (keyframe === undefined || config === undefined || newest === undefined) return;
    const parts = {
      abort: new AbortController(),
      input: inputOf(keyframe.frame, config),
      fps: this.#fps,
      zeroPtsUs: keyframe.frame.pts ?? 0,
      lane: new FrameLane({ bounds: { maxBytes: MAX_GOP_BYTES, maxAgeMs: MAX_AGE_MS } }),
      wakeup: new Wakeup(),
      times: new Map<number, FrameTimes>(),
      answers: new AnswerWatch({
        withinMs: ANSWER_WITHIN_MS,
        firstWithinMs: FIRST_ANSWER_WITHIN_MS,
        mayBeOpen: MAX_HELD_BACK,
      }),
    };
    const fromPtsMs = ptsMsIn(parts, newest.frame.pts);
    const run: Run = { ...parts, done: this.#supervise(parts, fromPtsMs, this.#ending) };
    for (const encoded of this.#gop.frames) this.#offer(run, encoded);
    this.#run = run;
    this.#ending = run.done;
  }

  #stop(): void {
    this.#run?.abort.abort();
    this.#run?.wakeup.wake();
    this.#run = undefined;
  }

  #offer(run: Run, encoded: EncodedFrame): void {
    if (!run.lane.offer(encoded, epochNowMs())) return;
    const { timestamp, pts = 0 } = encoded.frame;
    run.times.set(ptsMsIn(run, pts), { timestamp, pts });
    run.answers.asked(performance.now());
    run.wakeup.wake();
  }

  /** Runs one FFmpeg to its end, after the one before it; if it fails, a later feed starts anew. */
  async #supervise(run: Omit<Run, "done">, fromPtsMs: number, before: Promise<void>) {
    const { signal } = run.abort;
    await before;
    if (signal.aborted) return;
    try {
      await this.#encode(run, fromPtsMs);
    } catch (error) {
      if (!signal.aborted) {
        this.#log.warn("making the rendition failed", { cause: errorChain(error) });
        this.#options.onRestart?.("failed");
      }
    }
    if (signal.aborted) return;
    await sleep(RESTART_DELAY_MS, signal);
    if (this.#run?.abort === run.abort) this.#stop();
  }

  async #encode(run: Omit<Run, "done">, fromPtsMs: number): Promise<void> {
    const { spec, redact, onFrame } = this.#options;
    const { signal } = run.abort;
    const { track, mux, coloursOf } = run.input;
    const colours = coloursOf(track.config);
    const source = { format: mux.format, colours, fromPtsMs, fps: run.fps };
    await using ffmpeg = FfmpegProcess.spawn(spec.args(source), "piped");
    const feed = new AbortController();
    const stop = () => {
      ffmpeg.stop();
      feed.abort();
      run.wakeup.wake();
    };
    signal.addEventListener("abort", stop, { once: true });
    const feeding = this.#write(run, ffmpeg.stdin, feed.signal);
    try {
      const reader = spec.reader((ptsMs) => takeTimes(run, ptsMs));
      for await (const chunk of ffmpeg.stdout) {
        for (const frame of reader.push(chunk)) {
          run.answers.answered();
          if (!signal.aborted) onFrame(frame);
        }
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
      await feeding;
    }
    const end = await ffmpeg.ended;
    if (!signal.aborted) throw new Error(classifyFfmpegEnd(end, redact).cause);
  }

  async #write(
    run: Omit<Run, "done">,
    stdin: WritableStream<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const { input: { mux, track }, lane, wakeup } = run;
    const writer = stdin.getWriter();
    try {
      await writer.write(mux.begin(track));
      while (!signal.aborted) {
        const encoded = lane.take();
        if (encoded === undefined) {
          await wakeup.wait();
          continue;
        }
        const { data, key = false, seq = 0, pts } = encoded.frame;
        await writer.write(mux.accessUnit({ data, key, ptsMs: ptsMsIn(run, pts) }));
        lane.acknowledge(seq);
      }
      await writer.close();
    } catch (error) {
      // Its end breaks the pipe; why it ended is for its exit code and its last words to say.
      this.#log.debug("FFmpeg takes no more pictures", { cause: errorChain(error) });
    }
  }
}

function inputOf({ codec = "", width, height }: Frame, config: Uint8Array): Input {
  const track = { config, width, height };
  return codecFamilyOf(codec) === "hvc1"
    ? { track, mux: h265InMatroska, coloursOf: h265ColoursOf }
    : { track, mux: h264InFlv, coloursOf: h264ColoursOf };
}

/** A time as FFmpeg has it. */
function ptsMsIn({ zeroPtsUs }: Pick<Run, "zeroPtsUs">, pts = zeroPtsUs): number {
  return Math.max(0, Math.round((pts - zeroPtsUs) / 1000));
}

/** The times of a picture's access unit; those before it will not be asked for any more. */
function takeTimes({ times, zeroPtsUs }: Omit<Run, "done">, ptsMs: number): FrameTimes {
  const taken = times.get(ptsMs) ??
    { timestamp: Math.round(epochNowMs()), pts: zeroPtsUs + ptsMs * 1000 };
  for (const known of times.keys()) if (known <= ptsMs) times.delete(known);
  return taken;
}
