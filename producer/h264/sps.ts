import { MAX_DIMENSION_PX } from "@porthole/protocol";
import { BitReader } from "./bit_reader.ts";

/** What a sequence parameter set says of its colours. */
export interface Colour {
  /** Tables E-3 to E-5: 1 is BT.709, 5 and 6 are BT.601; 2 when the camera does not say. */
  readonly colourPrimaries: number;
  readonly transferCharacteristics: number;
  readonly matrixCoefficients: number;
  readonly fullRange: boolean;
}

/** What Porthole needs of a sequence parameter set (ITU-T H.264, 7.3.2.1.1 and E.1.1). */
export interface SequenceParameterSet extends Colour {
  readonly profileIdc: number;
  /** After cropping, px. */
  readonly width: number;
  /** After cropping, px. */
  readonly height: number;
  /** 1 is 4:2:0. */
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
}

export const COLOUR_UNSPECIFIED = 2;
export const COLOUR_BT709 = 1;

const PROFILES_WITH_CHROMA_FORMAT = new Set([
  100,
  110,
  122,
  244,
  44,
  83,
  86,
  118,
  128,
  138,
  139,
  134,
  135,
]);
const EXTENDED_ASPECT_RATIO = 255;
const CHROMA_420 = 1;
const CHROMA_444 = 3;

/**
 * @param nal the whole NAL unit, header byte included
 * @throws {RangeError} when it is cut short, or its size is none a picture has
 */
export function parseSequenceParameterSet(nal: Uint8Array): SequenceParameterSet {
  const bits = new BitReader(nal.subarray(1));
  const profileIdc = bits.uint(8);
  bits.uint(16); // constraint flags, level_idc
  bits.unsignedGolomb(); // seq_parameter_set_id
  let chromaFormatIdc = CHROMA_420;
  let bitDepthLuma = 8;
  let separatePlanes = false;
  if (PROFILES_WITH_CHROMA_FORMAT.has(profileIdc)) {
    chromaFormatIdc = bits.unsignedGolomb();
    if (chromaFormatIdc === CHROMA_444) separatePlanes = bits.flag();
    bitDepthLuma = 8 + bits.unsignedGolomb();
    bits.unsignedGolomb(); // bit_depth_chroma_minus8
    bits.flag(); // qpprime_y_zero_transform_bypass_flag
    if (bits.flag()) skipScalingLists(bits, chromaFormatIdc === CHROMA_444 ? 12 : 8);
  }
  bits.unsignedGolomb(); // log2_max_frame_num_minus4
  skipPictureOrderCount(bits);
  bits.unsignedGolomb(); // max_num_ref_frames
  bits.flag(); // gaps_in_frame_num_value_allowed_flag
  const widthInMacroblocks = bits.unsignedGolomb() + 1;
  const heightInMapUnits = bits.unsignedGolomb() + 1;
  const framesOnly = bits.flag();
  if (!framesOnly) bits.flag(); // mb_adaptive_frame_field_flag
  bits.flag(); // direct_8x8_inference_flag
  const crop = readCropping(bits);
  const fieldFactor = framesOnly ? 1 : 2;
  const subsampled = !separatePlanes && chromaFormatIdc > 0;
  const cropUnitX = subsampled && chromaFormatIdc < CHROMA_444 ? 2 : 1;
  const cropUnitY = (subsampled && chromaFormatIdc === CHROMA_420 ? 2 : 1) * fieldFactor;
  const width = widthInMacroblocks * 16 - (crop.left + crop.right) * cropUnitX;
  const height = heightInMapUnits * 16 * fieldFactor - (crop.top + crop.bottom) * cropUnitY;
  if (!isDimension(width) || !isDimension(height)) {
    throw new RangeError(`a sequence parameter set says ${width}x${height} px`);
  }
  const colour = bits.flag() ? readColour(bits) : COLOUR_UNNAMED;
  return { profileIdc, chromaFormatIdc, bitDepthLuma, width, height, ...colour };
}

function isDimension(px: number): boolean {
  return px >= 1 && px <= MAX_DIMENSION_PX;
}

function skipScalingLists(bits: BitReader, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (!bits.flag()) continue;
    let last = 8;
    let next = 8;
    for (let index = 0; index < (list < 6 ? 16 : 64); index++) {
      if (next !== 0) next = (last + bits.signedGolomb() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

function skipPictureOrderCount(bits: BitReader): void {
  const type = bits.unsignedGolomb();
  if (type === 0) bits.unsignedGolomb(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return;
  bits.flag(); // delta_pic_order_always_zero_flag
  bits.signedGolomb(); // offset_for_non_ref_pic
  bits.signedGolomb(); // offset_for_top_to_bottom_field
  const cycle = bits.unsignedGolomb();
  for (let index = 0; index < cycle; index++) bits.signedGolomb();
}

function readCropping(bits: BitReader) {
  if (!bits.flag()) return { left: 0, right: 0, top: 0, bottom: 0 };
  return {
    left: bits.unsignedGolomb(),
    right: bits.unsignedGolomb(),
    top: bits.unsignedGolomb(),
    bottom: bits.unsignedGolomb(),
  };
}

export const COLOUR_UNNAMED: Colour = {
  colourPrimaries: COLOUR_UNSPECIFIED,
  transferCharacteristics: COLOUR_UNSPECIFIED,
  matrixCoefficients: COLOUR_UNSPECIFIED,
  fullRange: false,
};

/** How vui_parameters begin, which H.265 has in common with H.264 (E.2.1 there). */
export function readColour(bits: BitReader): Colour {
  if (bits.flag() && bits.uint(8) === EXTENDED_ASPECT_RATIO) bits.uint(32);
  if (bits.flag()) bits.flag(); // overscan
  if (!bits.flag()) return COLOUR_UNNAMED; // video_signal_type_present_flag
  bits.uint(3); // video_format
  const fullRange = bits.flag();
  if (!bits.flag()) return { ...COLOUR_UNNAMED, fullRange };
  return {
    fullRange,
    colourPrimaries: bits.uint(8),
    transferCharacteristics: bits.uint(8),
    matrixCoefficients: bits.uint(8),
  };
}
