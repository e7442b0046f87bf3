import { NalType, nalTypeOf, type NalUnit, nalUnitsOf } from "@porthole/protocol";

const MAX_SPS = 31;
const MAX_PPS = 255;
/** Their lengths are of 16 bits. */
const MAX_SET_BYTES = 0xffff;
const EMPTY = new Uint8Array(0);

/** The parameter sets of an AVCDecoderConfigurationRecord. */
export interface ParameterSets {
  readonly sps: readonly NalUnit[];
  readonly pps: readonly NalUnit[];
}

/**
 * The parameter sets in an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1): views into it.
 *
 * @throws {RangeError} when it is cut short
 */
export function parseDecoderConfiguration(config: Uint8Array): ParameterSets {
  const view = new DataView(config.buffer, config.byteOffset, config.byteLength);
  let offset = 5;
  const readSets = (count: number): NalUnit[] =>
    Array.from({ length: count }, () => {
      const length = view.getUint16(offset);
      const set = config.subarray(offset + 2, offset + 2 + length);
      if (set.byteLength < length) throw new RangeError("the decoder configuration is cut short");
      offset += 2 + length;
      return set;
    });
  const sps = readSets(view.getUint8(offset++) & 0x1f);
  const pps = readSets(view.getUint8(offset++));
  return { sps, pps };
}

/**
 * The parameter sets that an access unit carries in band (views into it), or `undefined` when it
 * lacks an SPS or a PPS. Cameras repeat them before each IDR picture, and that is where a change
 * of size first shows.
 */
export function inBandParameterSets(accessUnit: Uint8Array): ParameterSets | undefined {
  const sps: NalUnit[] = [];
  const pps: NalUnit[] = [];
  for (const nal of nalUnitsOf(accessUnit)) {
    const type = nalTypeOf(nal);
    if (type === NalType.sps && nal.byteLength >= 4) sps.push(nal);
    else if (type === NalType.pps) pps.push(nal);
  }
  if (sps.length === 0 || sps.length > MAX_SPS) return undefined;
  return pps.length === 0 || pps.length > MAX_PPS ? undefined : { sps, pps };
}

/**
 * An AVCDecoderConfigurationRecord with 4-byte NAL unit lengths. The optional trailer of the High
 * profiles is left out: what it repeats of the SPS, decoders read there.
 *
 * @throws {RangeError} without a whole SPS, or with more than the record can hold
 */
export function buildDecoderConfiguration({ sps, pps }: ParameterSets): Uint8Array<ArrayBuffer> {
  const profileAndLevel = sps[0]?.subarray(1, 4);
  if (profileAndLevel?.byteLength !== 3) throw new RangeError("there is no SPS");
  if ([...sps, ...pps].some(({ byteLength }) => byteLength > MAX_SET_BYTES)) {
    throw new RangeError("a parameter set is too long");
  }
  return concatenate([
    Uint8Array.of(1, ...profileAndLevel, 0xff, 0xe0 | sps.length),
    ...sps.flatMap(withLength16),
    Uint8Array.of(pps.length),
    ...pps.flatMap(withLength16),
  ]);
}

export function sameParameterSets(a: ParameterSets, b: ParameterSets): boolean {
  return sameNalUnits(a.sps, b.sps) && sameNalUnits(a.pps, b.pps);
}

function sameNalUnits(a: readonly NalUnit[], b: readonly NalUnit[]): boolean {
  return a.length === b.length && a.every((nal, index) => equalBytes(nal, b[index] ?? EMPTY));
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}

function withLength16(nal: NalUnit): Uint8Array[] {
  return [Uint8Array.of(nal.byteLength >> 8, nal.byteLength & 0xff), nal];
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}
