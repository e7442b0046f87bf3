import { MAX_DIMENSION_PX } from "@porthole/protocol";
import { BitReader } from "../h264/bit_reader.ts";
import { type Colour, COLOUR_UNNAMED, readColour } from "../h264/sps.ts";

/** What Porthole needs of a sequence parameter set (ITU-T H.265, 7.3.2.2 and E.2.1). */
export interface H265SequenceParameterSet extends Colour {
  /** general_profile_space to general_level_idc, as the decoder configuration has them. */
  readonly profileTierLevel: Uint8Array;
  readonly profileIdc: number;
  readonly temporalLayers: number;
  readonly temporalIdNested: boolean;
  /** After cropping, px. */
  readonly width: number;
  /** After cropping, px. */
  readonly height: number;
  /** 1 is 4:2:0. */
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
}

const NAL_HEADER_BYTES = 2;
const PROFILE_TIER_LEVEL_BYTES = 12;
const SUB_LAYER_PROFILE_BITS = 88;
const SUB_LAYER_LEVEL_BITS = 8;
const CHROMA_420 = 1;
const CHROMA_422 = 2;
const CHROMA_444 = 3;
const MAX_REFERENCE_SETS = 64;
const MAX_REFERENCES = 16;

/**
 * @param nal the whole NAL unit, header included
 * @throws {RangeError} when it is cut short, or its size is none a picture has
 */
export function parseH265SequenceParameterSet(nal: Uint8Array): H265SequenceParameterSet {
  const bits = new BitReader(nal.subarray(NAL_HEADER_BYTES));
  bits.skip(4); // sps_video_parameter_set_id
  const maxSubLayers = bits.uint(3);
  const temporalIdNested = bits.flag();
  const profileTierLevel = readProfileTierLevel(bits, maxSubLayers);
  bits.unsignedGolomb(); // sps_seq_parameter_set_id
  const chromaFormatIdc = bits.unsignedGolomb();
  const separatePlanes = chromaFormatIdc === CHROMA_444 && bits.flag();
  const codedWidth = bits.unsignedGolomb();
  const codedHeight = bits.unsignedGolomb();
  const crop = bits.flag() ? readWindow(bits) : NO_WINDOW;
  const bitDepthLuma = 8 + bits.unsignedGolomb();
  const bitDepthChroma = 8 + bits.unsignedGolomb();
  const isHalfWide = chromaFormatIdc === CHROMA_420 || chromaFormatIdc === CHROMA_422;
  const unitX = isHalfWide && !separatePlanes ? 2 : 1;
  const unitY = chromaFormatIdc === CHROMA_420 ? 2 : 1;
  const width = codedWidth - (crop.left + crop.right) * unitX;
  const height = codedHeight - (crop.top + crop.bottom) * unitY;
  if (!isDimension(width) || !isDimension(height)) {
    throw new RangeError(`a sequence parameter set says ${width}x${height} px`);
  }
  return {
    profileTierLevel,
    profileIdc: (profileTierLevel[0] ?? 0) & 0x1f,
    temporalLayers: maxSubLayers + 1,
    temporalIdNested,
    width,
    height,
    chromaFormatIdc,
    bitDepthLuma,
    bitDepthChroma,
    ...readColourBehind(bits, maxSubLayers),
  };
}

function isDimension(px: number): boolean {
  return px >= 1 && px <= MAX_DIMENSION_PX;
}

function readProfileTierLevel(bits: BitReader, maxSubLayers: number): Uint8Array {
  const general = Uint8Array.from({ length: PROFILE_TIER_LEVEL_BYTES }, () => bits.uint(8));
  const subLayers = Array.from({ length: maxSubLayers }, () => ({
    hasProfile: bits.flag(),
    hasLevel: bits.flag(),
  }));
  if (maxSubLayers > 0) bits.skip(2 * (8 - maxSubLayers)); // reserved
  for (const { hasProfile, hasLevel } of subLayers) {
    if (hasProfile) bits.skip(SUB_LAYER_PROFILE_BITS);
    if (hasLevel) bits.skip(SUB_LAYER_LEVEL_BITS);
  }
  return general;
}

const NO_WINDOW = { left: 0, right: 0, top: 0, bottom: 0 };

function readWindow(bits: BitReader): typeof NO_WINDOW {
  const [left, right] = [bits.unsignedGolomb(), bits.unsignedGolomb()];
  return { left, right, top: bits.unsignedGolomb(), bottom: bits.unsignedGolomb() };
}

/** All between the bit depths and the colours has to be read to find those. */
function readColourBehind(bits: BitReader, maxSubLayers: number): Colour {
  const orderBits = 4 + bits.unsignedGolomb(); // log2_max_pic_order_cnt_lsb
  for (let layer = bits.flag() ? 0 : maxSubLayers; layer <= maxSubLayers; layer++) {
    skipGolombs(bits, 3); // picture buffer, reordering, latency
  }
  skipGolombs(bits, 6); // sizes and depths of blocks
  if (bits.flag() && bits.flag()) skipScalingLists(bits);
  bits.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (bits.flag()) {
    bits.skip(8); // bit depths of PCM
    skipGolombs(bits, 2);
    bits.flag(); // pcm_loop_filter_disabled_flag
  }
  skipReferenceSets(bits);
  if (bits.flag()) {
    for (let left = bits.unsignedGolomb(); left > 0; left--) bits.skip(orderBits + 1);
  }
  bits.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  return bits.flag() ? readColour(bits) : COLOUR_UNNAMED;
}

function skipGolombs(bits: BitReader, count: number): void {
  for (let left = count; left > 0; left--) bits.unsignedGolomb();
}

/** 7.3.4 */
function skipScalingLists(bits: BitReader): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.unsignedGolomb(); // scaling_list_pred_matrix_id_delta
        continue;
      }
      const coefficients = Math.min(64, 1 << (4 + 2 * size));
      skipGolombs(bits, size > 1 ? coefficients + 1 : coefficients);
    }
  }
}

/** 7.3.7; each may be told by how it differs from the one before. */
function skipReferenceSets(bits: BitReader): void {
  const count = bits.unsignedGolomb();
  if (count > MAX_REFERENCE_SETS) throw new RangeError("too many reference picture sets");
  let references = 0;
  for (let set = 0; set < count; set++) {
    references = set > 0 && bits.flag()
      ? skipPredictedReferences(bits, references)
      : skipReferences(bits);
    if (references > MAX_REFERENCES) throw new RangeError("too many reference pictures");
  }
}

function skipPredictedReferences(bits: BitReader, referencesBefore: number): number {
  bits.flag(); // delta_rps_sign
  bits.unsignedGolomb(); // abs_delta_rps_minus1
  let references = 0;
  for (let left = referencesBefore + 1; left > 0; left--) {
    const isUsed = bits.flag();
    if (isUsed || bits.flag()) references++;
  }
  return references;
}

function skipReferences(bits: BitReader): number {
  const references = bits.unsignedGolomb() + bits.unsignedGolomb();
  if (references > MAX_REFERENCES) throw new RangeError("too many reference pictures");
  for (let left = references; left > 0; left--) {
    bits.unsignedGolomb(); // delta_poc_minus1
    bits.flag(); // used_by_curr_pic_flag
  }
  return references;
}
