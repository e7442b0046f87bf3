import { ProtocolError } from "./errors.ts";

/** A NAL unit without its length prefix: a view into the access unit. */
export type NalUnit = Uint8Array;

/** nal_unit_type values of ITU-T H.264, table 7-1, that Porthole looks at. */
export const NalType = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8 } as const;

export function nalTypeOf(nal: NalUnit): number {
  return (nal[0] ?? 0) & 0x1f;
}

/**
 * The NAL units of an access unit in AVCC form with 4-byte lengths (ISO/IEC 14496-15, 5.3.4.2).
 *
 * @throws {ProtocolError} `invalid_access_unit` when the lengths do not add up
 */
export function* nalUnitsOf(accessUnit: Uint8Array): Generator<NalUnit> {
  const view = new DataView(accessUnit.buffer, accessUnit.byteOffset, accessUnit.byteLength);
  let offset = 0;
  while (offset < accessUnit.byteLength) {
    const left = accessUnit.byteLength - offset - 4;
    const length = left > 0 ? view.getUint32(offset) : 0;
    if (length === 0 || length > left) {
      throw new ProtocolError(
        "invalid_access_unit",
        `at byte ${offset} a NAL unit of ${length} bytes is announced, ${Math.max(left, 0)} follow`,
      );
    }
    yield accessUnit.subarray(offset + 4, offset + 4 + length);
    offset += 4 + length;
  }
}

/**
 * The RFC 6381 codec string of an AVCDecoderConfigurationRecord, e.g. `avc1.64001f`.
 *
 * @throws {ProtocolError} `invalid_access_unit`
 */
export function codecStringOf(config: Uint8Array): string {
  if (config.byteLength < 7 || config[0] !== 1) {
    throw new ProtocolError("invalid_access_unit", "not an AVCDecoderConfigurationRecord");
  }
  const profileAndLevel = Array.from(
    config.subarray(1, 4),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return `avc1.${profileAndLevel.join("")}`;
}
