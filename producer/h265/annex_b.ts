import type { NalUnit } from "@porthole/protocol";

const LENGTH_BYTES = 4;

/**
 * The NAL units of a byte stream with start codes (ITU-T H.265, annex B), views into it. What comes
 * before the first start code is none.
 */
export function nalUnitsOfByteStream(bytes: Uint8Array): NalUnit[] {
  const units: NalUnit[] = [];
  let start: number | undefined;
  let at = 0;
  while (at + 2 < bytes.byteLength) {
    const third = bytes[at + 2] ?? 0;
    // Not the last byte of a start code, nor one of the zeros before it.
    if (third > 1) at += 3;
    else if (third === 1 && bytes[at] === 0 && bytes[at + 1] === 0) {
      if (start !== undefined) addUnit(units, bytes, start, at);
      at += 3;
      start = at;
    } else at++;
  }
  if (start !== undefined) addUnit(units, bytes, start, bytes.byteLength);
  return units;
}

/** Zeros at the end are no part of it: they fill up, or begin the next start code of four bytes. */
function addUnit(units: NalUnit[], bytes: Uint8Array, start: number, end: number): void {
  while (end > start && bytes[end - 1] === 0) end--;
  if (end > start) units.push(bytes.subarray(start, end));
}

/** An access unit, each NAL unit behind its length of 4 bytes (ISO/IEC 14496-15, 8.3.4). A copy. */
export function withLengths(units: readonly NalUnit[]): Uint8Array<ArrayBuffer> {
  const total = units.reduce((sum, { byteLength }) => sum + LENGTH_BYTES + byteLength, 0);
  const accessUnit = new Uint8Array(total);
  const view = new DataView(accessUnit.buffer);
  let offset = 0;
  for (const unit of units) {
    view.setUint32(offset, unit.byteLength);
    accessUnit.set(unit, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + unit.byteLength;
  }
  return accessUnit;
}
