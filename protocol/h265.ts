import { ProtocolError } from "./errors.ts";
import type { NalUnit } from "./access_unit.ts";

/** nal_unit_type values of ITU-T H.265, table 7-1, that Porthole looks at. */
export const H265NalType = { vps: 32, sps: 33, pps: 34 } as const;

const FIRST_RANDOM_ACCESS = 16;
const LAST_RANDOM_ACCESS = 21;

/** Bytes of an HEVCDecoderConfigurationRecord before its arrays of parameter sets. */
const RECORD_HEAD_BYTES = 23;
const CONSTRAINTS_BYTES = 6;

export function h265NalTypeOf(nal: NalUnit): number {
  return ((nal[0] ?? 0) >> 1) & 0x3f;
}

/** Whether a picture made of such NAL units can be decoded first: IDR, BLA or CRA (7.4.2.2). */
export function isRandomAccess(nalType: number): boolean {
  return nalType >= FIRST_RANDOM_ACCESS && nalType <= LAST_RANDOM_ACCESS;
}

/**
 * The RFC 6381 codec string of an HEVCDecoderConfigurationRecord, e.g. `hvc1.1.6.L93.B0`
 * (ISO/IEC 14496-15, 8.3.3.1 and E.3).
 *
 * @throws {ProtocolError} `invalid_access_unit`
 */
export function h265CodecStringOf(config: Uint8Array): string {
  if (config.byteLength < RECORD_HEAD_BYTES || config[0] !== 1) {
    throw new ProtocolError("invalid_access_unit", "not an HEVCDecoderConfigurationRecord");
  }
  const view = new DataView(config.buffer, config.byteOffset, config.byteLength);
  const profile = view.getUint8(1);
  const space = ["", "A", "B", "C"][profile >> 6] ?? "";
  const tier = (profile & 0x20) === 0 ? "L" : "H";
  const constraints = Array.from({ length: CONSTRAINTS_BYTES }, (_, n) => view.getUint8(6 + n));
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    "hvc1",
    `${space}${profile & 0x1f}`,
    inReverse(view.getUint32(2)).toString(16).toUpperCase(),
    `${tier}${view.getUint8(12)}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join(".");
}

/** 32 bits, the last first. */
function inReverse(bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((bits >>> bit) & 1);
  return reversed;
}

/** Bytes before each NAL unit of an access unit, by the record. */
export function h265LengthBytes(config: Uint8Array): number {
  return ((config[21] ?? 0) & 3) + 1;
}
