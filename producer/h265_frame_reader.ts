import {
  type Frame,
  h265CodecStringOf,
  h265NalTypeOf,
  isRandomAccess,
  type NalUnit,
  SOURCE_RENDITION,
} from "@porthole/protocol";
import { NutDemuxer } from "./demux/nut.ts";
import {
  type FrameReader,
  type SequenceCounter,
  type TimesOf,
  timesOfCamera,
} from "./frame_reader.ts";
import { nalUnitsOfByteStream, withLengths } from "./h265/annex_b.ts";
import {
  buildH265DecoderConfiguration,
  type H265ParameterSets,
  isParameterSet,
  parameterSetsAmong,
  sameH265ParameterSets,
} from "./h265/decoder_configuration.ts";
import { type H265SequenceParameterSet, parseH265SequenceParameterSet } from "./h265/sps.ts";

/** The video is not H.265, or none that browsers play. */
export class NotH265Error extends Error {
  override readonly name = "NotH265Error";
}

interface Decoder {
  readonly sets: H265ParameterSets;
  readonly sps: H265SequenceParameterSet;
  readonly config: Uint8Array;
  readonly codec: string;
}

const FOURCC = "HEVC";
const CHROMA_420 = 1;
/** Main, Main 10 and Main Still Picture. Those of the range extensions browsers do not play. */
const PLAYABLE_PROFILES = new Set([1, 2, 3]);
/** As of H.264: forty seconds at 15 fps. */
const MOST_UNITS_BEFORE_KEYFRAME = 600;

/**
 * A camera's H.265 in NUT to frames of the `source` rendition. Nothing comes out before the first
 * keyframe, for nothing before it can be decoded.
 *
 * Parameter sets go into the decoder configuration and out of the keyframes: that is what `hvc1`
 * means, beside `hev1`, and not every browser plays that one (ISO/IEC 14496-15, 8.4.1).
 */
export class H265FrameReader implements FrameReader {
  readonly #demuxer = new NutDemuxer();
  readonly #sequence: SequenceCounter;
  readonly #timesOf: TimesOf;
  #decoder: Decoder | undefined;
  #keyframeSeen = false;
  #unitsBeforeKeyframe = 0;

  constructor(sequence: SequenceCounter, timesOf: TimesOf = timesOfCamera) {
    this.#sequence = sequence;
    this.#timesOf = timesOf;
  }

  /** @throws {NotH265Error} also for H.265 that browsers do not play */
  *push(chunk: Uint8Array): Generator<Frame> {
    for (const video of this.#demuxer.push(chunk)) {
      const units = nalUnitsOfByteStream(video.data);
      if (video.kind === "configuration") {
        if (video.fourcc !== FOURCC) throw new NotH265Error("the camera's video is not H.265");
        this.#useParameterSets(units);
        continue;
      }
      const key = units.some((unit) => isRandomAccess(h265NalTypeOf(unit)));
      if (key) this.#useParameterSets(units);
      this.#keyframeSeen ||= key;
      if (!this.#keyframeSeen && ++this.#unitsBeforeKeyframe > MOST_UNITS_BEFORE_KEYFRAME) {
        throw new NotH265Error("camera sends no pictures that a browser can start at");
      }
      const decoder = this.#decoder;
      if (decoder === undefined || !this.#keyframeSeen) continue;
      const data = withLengths(key ? units.filter((unit) => !isParameterSet(unit)) : units);
      if (data.byteLength === 0) continue;
      yield {
        ...this.#timesOf(video.ptsMs),
        width: decoder.sps.width,
        height: decoder.sps.height,
        codec: decoder.codec,
        key,
        seq: this.#sequence.next(),
        rendition: SOURCE_RENDITION,
        ...(key ? { config: decoder.config } : {}),
        data,
      };
    }
  }

  #useParameterSets(units: readonly NalUnit[]): void {
    const found = parameterSetsAmong(units);
    if (found === undefined) return;
    if (this.#decoder !== undefined && sameH265ParameterSets(this.#decoder.sets, found)) return;
    const sets = copied(found); // not views, which would keep a whole access unit
    const [firstSps] = sets.sps;
    if (firstSps === undefined) return;
    const sps = parseH265SequenceParameterSet(firstSps);
    if (!PLAYABLE_PROFILES.has(sps.profileIdc) || sps.chromaFormatIdc !== CHROMA_420) {
      throw new NotH265Error(`browsers do not play H.265 of profile ${sps.profileIdc}`);
    }
    const config = buildH265DecoderConfiguration(sets, sps);
    this.#decoder = { sets, sps, config, codec: h265CodecStringOf(config) };
  }
}

function copied({ vps, sps, pps }: H265ParameterSets): H265ParameterSets {
  const copy = (units: readonly NalUnit[]) => units.map((unit) => unit.slice());
  return { vps: copy(vps), sps: copy(sps), pps: copy(pps) };
}
