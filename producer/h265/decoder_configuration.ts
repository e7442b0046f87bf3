import { H265NalType, h265NalTypeOf, type NalUnit } from "@porthole/protocol";
import { equalBytes } from "../h264/decoder_configuration.ts";
import { type H265SequenceParameterSet, parseH265SequenceParameterSet } from "./sps.ts";

/** What decodes an H.265 stream: parameter sets of each kind, as the camera sent them. */
export interface H265ParameterSets {
  readonly vps: readonly NalUnit[];
  readonly sps: readonly NalUnit[];
  readonly pps: readonly NalUnit[];
}

/** Bytes of the record before its arrays. */
const HEAD_BYTES = 23;
const MAX_SETS = 64;
const MAX_SET_BYTES = 0xffff;

/** The parameter sets among these NAL units, or `undefined` when one of the kinds is missing. */
export function parameterSetsAmong(units: readonly NalUnit[]): H265ParameterSets | undefined {
  const of = (type: number) => units.filter((unit) => h265NalTypeOf(unit) === type);
  const sets = { vps: of(H265NalType.vps), sps: of(H265NalType.sps), pps: of(H265NalType.pps) };
  return kindsOf(sets).every(({ length }) => length > 0 && length <= MAX_SETS) ? sets : undefined;
}

export function isParameterSet(unit: NalUnit): boolean {
  const type = h265NalTypeOf(unit);
  return type >= H265NalType.vps && type <= H265NalType.pps;
}

/**
 * An HEVCDecoderConfigurationRecord with 4-byte NAL unit lengths and all parameter sets: access
 * units need to have none (ISO/IEC 14496-15, 8.3.3.1).
 *
 * @throws {RangeError} when the SPS is cut short, or a set is longer than the record can hold
 */
export function buildH265DecoderConfiguration(
  sets: H265ParameterSets,
  sps: H265SequenceParameterSet,
): Uint8Array<ArrayBuffer> {
  const kinds = kindsOf(sets);
  const units = kinds.flat();
  if (units.some(({ byteLength }) => byteLength > MAX_SET_BYTES)) {
    throw new RangeError("a parameter set is too long");
  }
  const bytes = units.reduce((sum, { byteLength }) => sum + 2 + byteLength, HEAD_BYTES + 9);
  const record = new Uint8Array(bytes);
  const view = new DataView(record.buffer);
  record[0] = 1; // configurationVersion
  record.set(sps.profileTierLevel, 1);
  view.setUint16(13, 0xf000); // min_spatial_segmentation_idc: not known
  record[15] = 0xfc; // parallelismType: not known
  record[16] = 0xfc | sps.chromaFormatIdc;
  record[17] = 0xf8 | (sps.bitDepthLuma - 8);
  record[18] = 0xf8 | (sps.bitDepthChroma - 8);
  // avgFrameRate and constantFrameRate: not known; lengthSizeMinusOne 3
  record[21] = sps.temporalLayers << 3 | (sps.temporalIdNested ? 4 : 0) | 3;
  record[22] = kinds.length;
  let offset = HEAD_BYTES;
  for (const kind of kinds) {
    const [first] = kind;
    record[offset] = 0x80 | (first === undefined ? 0 : h265NalTypeOf(first)); // complete
    view.setUint16(offset + 1, kind.length);
    offset += 3;
    for (const unit of kind) {
      view.setUint16(offset, unit.byteLength);
      record.set(unit, offset + 2);
      offset += 2 + unit.byteLength;
    }
  }
  return record;
}

/**
 * The first SPS in an HEVCDecoderConfigurationRecord.
 *
 * @throws {RangeError} when there is none, or either is cut short
 */
export function spsOfH265Configuration(config: Uint8Array): H265SequenceParameterSet {
  const view = new DataView(config.buffer, config.byteOffset, config.byteLength);
  let offset = HEAD_BYTES;
  for (let arrays = view.getUint8(HEAD_BYTES - 1); arrays > 0; arrays--) {
    const type = view.getUint8(offset) & 0x3f;
    const count = view.getUint16(offset + 1);
    offset += 3;
    for (let unit = 0; unit < count; unit++) {
      const length = view.getUint16(offset);
      const nal = config.subarray(offset + 2, offset + 2 + length);
      if (type === H265NalType.sps) return parseH265SequenceParameterSet(nal);
      offset += 2 + length;
    }
  }
  throw new RangeError("the decoder configuration has no SPS");
}

export function sameH265ParameterSets(a: H265ParameterSets, b: H265ParameterSets): boolean {
  const [unitsOfA, unitsOfB] = [kindsOf(a).flat(), kindsOf(b).flat()];
  return unitsOfA.length === unitsOfB.length &&
    unitsOfA.every((unit, index) => equalBytes(unit, unitsOfB[index] ?? new Uint8Array(0)));
}

function kindsOf({ vps, sps, pps }: H265ParameterSets): (readonly NalUnit[])[] {
  return [vps, sps, pps];
}
