import {
  codecStringOf,
  epochNowMs,
  type Frame,
  JPEG_CODEC,
  JPEG_RENDITION,
  jpegSize,
  MAIN_RENDITION,
  NalType,
  nalTypeOf,
  nalUnitsOf,
} from "@porthole/protocol";
import { FlvDemuxer, NotH264Error } from "./demux/flv.ts";
import { SmjpegDemuxer } from "./demux/smjpeg.ts";
import {
  buildDecoderConfiguration,
  inBandParameterSets,
  type ParameterSets,
  parseDecoderConfiguration,
  sameParameterSets,
} from "./h264/decoder_configuration.ts";
import { parseSequenceParameterSet, type SequenceParameterSet } from "./h264/sps.ts";

/** FFmpeg's output in, frames out; made anew for each FFmpeg. */
export interface FrameReader {
  push(chunk: Uint8Array): Iterable<Frame>;
}

/** The times of a frame, as `Frame` has them. */
export type FrameTimes = Pick<Required<Frame>, "timestamp" | "pts">;

/** The times of the frame that FFmpeg gives out for `ptsMs`. */
export type TimesOf = (ptsMs: number) => FrameTimes;

/** A picture of the camera's is from now, and `pts` is on the camera's own clock. */
export const timesOfCamera: TimesOf = (ptsMs) => ({
  timestamp: Math.round(epochNowMs()),
  pts: ptsMs * 1000,
});

/** Numbers the frames of a rendition across restarts, so that a gap always means a discard. */
export class SequenceCounter {
  #next = 0;

  next(): number {
    return this.#next++;
  }
}

interface Decoder {
  readonly config: Uint8Array;
  readonly codec: string;
  readonly sets: ParameterSets;
  readonly sps: SequenceParameterSet;
}

const CHROMA_420 = 1;
/** Baseline, Main and High: what browsers decode everywhere. Extended and 4:2:2 they do not. */
const PLAYABLE_PROFILES = new Set([66, 77, 100]);

/** Twenty seconds at 30 fps: GOPs are shorter, and a camera that refreshes gradually has none. */
const MOST_UNITS_BEFORE_KEYFRAME = 600;

function hasIdr(accessUnit: Uint8Array): boolean {
  for (const nal of nalUnitsOf(accessUnit)) if (nalTypeOf(nal) === NalType.idr) return true;
  return false;
}

/**
 * Access units in FLV to frames of an H.264 rendition. Nothing comes out before the first keyframe,
 * for nothing before it can be decoded.
 */
export class H264FrameReader implements FrameReader {
  readonly #demuxer = new FlvDemuxer();
  readonly #sequence: SequenceCounter;
  readonly #rendition: string;
  readonly #timesOf: TimesOf;
  #decoder: Decoder | undefined;
  #keyframeSeen = false;
  #unitsBeforeKeyframe = 0;

  constructor(
    sequence: SequenceCounter,
    rendition: string = MAIN_RENDITION,
    timesOf: TimesOf = timesOfCamera,
  ) {
    this.#sequence = sequence;
    this.#rendition = rendition;
    this.#timesOf = timesOf;
  }

  /** @throws {NotH264Error} also for H.264 that browsers do not play */
  *push(chunk: Uint8Array): Generator<Frame> {
    for (const video of this.#demuxer.push(chunk)) {
      if (video.kind === "configuration") {
        this.#useParameterSets(parseDecoderConfiguration(video.config), video.config);
        continue;
      }
      const { data, ptsMs } = video;
      // FFmpeg also flags recovery points, which browsers do not start at.
      const key = video.key && hasIdr(data);
      if (key) {
        const sets = inBandParameterSets(data);
        if (sets !== undefined) this.#useParameterSets(sets);
      }
      this.#keyframeSeen ||= key;
      if (!this.#keyframeSeen && ++this.#unitsBeforeKeyframe > MOST_UNITS_BEFORE_KEYFRAME) {
        throw new NotH264Error("camera sends no pictures that a browser can start at");
      }
      const decoder = this.#decoder;
      if (decoder === undefined || !this.#keyframeSeen) continue;
      const { timestamp, pts } = this.#timesOf(ptsMs);
      yield {
        timestamp,
        width: decoder.sps.width,
        height: decoder.sps.height,
        codec: decoder.codec,
        key,
        seq: this.#sequence.next(),
        pts,
        rendition: this.#rendition,
        ...(key ? { config: decoder.config } : {}),
        data,
      };
    }
  }

  #useParameterSets(sets: ParameterSets, config?: Uint8Array): void {
    const [firstSps] = sets.sps;
    if (firstSps === undefined) return;
    if (this.#decoder !== undefined && sameParameterSets(this.#decoder.sets, sets)) return;
    const sps = parseSequenceParameterSet(firstSps);
    if (
      !PLAYABLE_PROFILES.has(sps.profileIdc) || sps.chromaFormatIdc !== CHROMA_420 ||
      sps.bitDepthLuma !== 8
    ) {
      throw new NotH264Error(`browsers do not play H.264 of profile ${sps.profileIdc}`);
    }
    // FFmpeg's own record where there is one: it has the trailer of the High profiles.
    const record = config ?? buildDecoderConfiguration(sets);
    this.#decoder = {
      config: record,
      codec: codecStringOf(record),
      sets: parseDecoderConfiguration(record), // views into the record, not into an access unit
      sps,
    };
  }
}

/** JPEGs in SMJPEG to frames of the JPEG rendition. */
export class JpegFrameReader implements FrameReader {
  readonly #demuxer = new SmjpegDemuxer();
  readonly #sequence: SequenceCounter;
  readonly #timesOf: TimesOf;

  constructor(sequence: SequenceCounter, timesOf: TimesOf = timesOfCamera) {
    this.#sequence = sequence;
    this.#timesOf = timesOf;
  }

  *push(chunk: Uint8Array): Generator<Frame> {
    for (const { data, ptsMs } of this.#demuxer.push(chunk)) {
      const { timestamp, pts } = this.#timesOf(ptsMs);
      yield {
        timestamp,
        ...jpegSize(data),
        codec: JPEG_CODEC,
        key: true,
        seq: this.#sequence.next(),
        pts,
        rendition: JPEG_RENDITION,
        data,
      };
    }
  }
}
