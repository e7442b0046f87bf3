import {
  type EncodedFrame,
  epochNowMs,
  type Frame,
  GopCache,
  MAX_GOP_BYTES,
} from "@porthole/protocol";
import { errorChain, logFor, type Redact, sleep } from "@porthole/protocol/service";
import { classifyFfmpegEnd } from "./camera_failure.ts";
import type { JpegConfig } from "./config.ts";
import { type ColourMatrix, jpegFromH264Args } from "./ffmpeg_args.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import { FrameLane } from "./frame_lane.ts";
import { JpegFrameReader, type SequenceCounter } from "./frame_reader.ts";
import { parseDecoderConfiguration } from "./h264/decoder_configuration.ts";
import { MATRIX_UNSPECIFIED, parseSequenceParameterSet } from "./h264/sps.ts";
import { FLV_FILE_HEADER, flvAccessUnitTag, flvConfigurationTag } from "./mux/flv.ts";
import { Wakeup } from "./wakeup.ts";

export interface JpegRenditionOptions {
  readonly jpeg: JpegConfig;
  readonly redact: Redact;
  readonly sequence: SequenceCounter;
  readonly onFrame: (frame: Frame) => void;
}

/** What one FFmpeg works on: a run of access units with the same decoder configuration. */
interface Run {
  readonly abort: AbortController;
  readonly config: Uint8Array;
  readonly lane: FrameLane;
  readonly wakeup: Wakeup;
  /** Timestamps of access units FFmpeg has and has not answered, by presentation time. */
  readonly timestamps: Map<number, number>;
  readonly done: Promise<void>;
}

/** More than the uplink's, so that FFmpeg may work through a GOP when it starts; past it, it waits for the next. */
const MAX_AGE_MS = 2_000;
const RESTART_DELAY_MS = 1_000;

const log = logFor("producer", "jpeg");

/**
 * The JPEG rendition, made from the producer's own main rendition while it is wanted: a second
 * FFmpeg decodes the same access units that ingest gets, so the camera sees one connection.
 */
export class JpegRendition implements AsyncDisposable {
  readonly #options: JpegRenditionOptions;
  readonly #gop = new GopCache();
  #isWanted = false;
  #run: Run | undefined;
  #ending: Promise<void> = Promise.resolve();

  constructor(options: JpegRenditionOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Starts it, at once where the current GOP is known, or stops it. */
  want(wanted: boolean): void {
    if (wanted === this.#isWanted) return;
    this.#isWanted = wanted;
    log.info(wanted ? "JPEG is wanted" : "JPEG is no longer wanted");
    if (wanted) this.#startIfPossible();
    else this.#stop();
  }

  /** Takes each frame of the main rendition. */
  feed(frame: Frame): void {
    const encoded = { frame, bytes: frame.data };
    this.#gop.add(encoded);
    const { config } = frame;
    if (this.#run !== undefined && config !== undefined && config !== this.#run.config) {
      this.#stop();
    }
    if (this.#run === undefined) return this.#startIfPossible();
    this.#offer(this.#run, encoded);
  }

  /** The camera starts anew, with timestamps of its own. */
  sourceEnded(): void {
    this.#gop.clear();
    this.#stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    this.#stop();
    await this.#ending;
  }

  #startIfPossible(): void {
    const [keyframe] = this.#gop.frames;
    const newest = this.#gop.frames.at(-1);
    const config = keyframe?.frame.config;
    if (!this.#isWanted || this.#run !== undefined) return;
    if (config === undefined || newest === undefined) return;
    const abort = new AbortController();
    const parts = {
      abort,
      config,
      lane: new FrameLane({ bounds: { maxBytes: MAX_GOP_BYTES, maxAgeMs: MAX_AGE_MS } }),
      wakeup: new Wakeup(),
      timestamps: new Map<number, number>(),
    };
    const before = this.#ending;
    const run: Run = { ...parts, done: this.#supervise(parts, ptsMsOf(newest.frame), before) };
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
    run.timestamps.set(ptsMsOf(encoded.frame), encoded.frame.timestamp);
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
      if (!signal.aborted) log.warn("making JPEGs failed", { cause: errorChain(error) });
    }
    if (signal.aborted) return;
    await sleep(RESTART_DELAY_MS, signal);
    if (this.#run?.abort === run.abort) this.#stop();
  }

  async #encode(run: Omit<Run, "done">, fromPtsMs: number): Promise<void> {
    const { jpeg, redact, onFrame } = this.#options;
    const { signal } = run.abort;
    const source = { ...coloursOf(run.config), fromPtsMs };
    await using ffmpeg = FfmpegProcess.spawn(jpegFromH264Args(source, jpeg), "piped");
    const feed = new AbortController();
    const stop = () => {
      ffmpeg.stop();
      feed.abort();
      run.wakeup.wake();
    };
    signal.addEventListener("abort", stop, { once: true });
    const feeding = this.#write(run, ffmpeg.stdin, feed.signal);
    try {
      const reader = new JpegFrameReader(
        this.#options.sequence,
        (ptsMs) => takeTimestamp(run.timestamps, ptsMs),
      );
      for await (const chunk of ffmpeg.stdout) {
        for (const frame of reader.push(chunk)) if (!signal.aborted) onFrame(frame);
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
    { config, lane, wakeup }: Omit<Run, "done">,
    stdin: WritableStream<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const writer = stdin.getWriter();
    try {
      await writer.write(FLV_FILE_HEADER);
      await writer.write(flvConfigurationTag(config));
      while (!signal.aborted) {
        const encoded = lane.take();
        if (encoded === undefined) {
          await wakeup.wait();
          continue;
        }
        const { data, key = false, seq = 0 } = encoded.frame;
        await writer.write(flvAccessUnitTag({ data, key, ptsMs: ptsMsOf(encoded.frame) }));
        lane.acknowledge(seq);
      }
      await writer.close();
    } catch (error) {
      // Its end breaks the pipe; why it ended is for its exit code and its last words to say.
      log.debug("FFmpeg takes no more pictures", { cause: errorChain(error) });
    }
  }
}

/** As both FLV and SMJPEG carry it: 32 bits, which start again after 49 days. */
function ptsMsOf(frame: Frame): number {
  return Math.max(0, Math.round((frame.pts ?? 0) / 1000)) % 2 ** 32;
}

/** The timestamp of a picture's access unit; those before it will not be asked for any more. */
function takeTimestamp(timestamps: Map<number, number>, ptsMs: number): number {
  const timestamp = timestamps.get(ptsMs) ?? Math.round(epochNowMs());
  for (const known of timestamps.keys()) if (known <= ptsMs) timestamps.delete(known);
  return timestamp;
}

/** Untagged video is taken for BT.709 from 720 lines up and for BT.601 below, as players do. */
function coloursOf(config: Uint8Array): { matrix: ColourMatrix; fullRange: boolean } {
  const [sps] = parseDecoderConfiguration(config).sps;
  if (sps === undefined) return { matrix: "auto", fullRange: false };
  const { matrixCoefficients, fullRange, height } = parseSequenceParameterSet(sps);
  if (matrixCoefficients !== MATRIX_UNSPECIFIED) return { matrix: "auto", fullRange };
  return { matrix: height >= 720 ? "bt709" : "bt601", fullRange };
}
