import { ProtocolError } from "./errors.ts";

export interface PixelSize {
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
}

const MARKER = 0xff;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/**
 * The size a JPEG says it has, once it is seen to start and end as a JPEG does.
 * Encoders may pad with zeros behind the end; nothing else may follow it.
 *
 * @throws {ProtocolError} `invalid_jpeg`
 * @see ITU-T T.81, annex B
 */
export function jpegSize(data: Uint8Array): PixelSize {
  if (data[0] !== MARKER || data[1] !== SOI || data[2] !== MARKER) {
    throw new ProtocolError("invalid_jpeg", "the data does not start like a JPEG (FF D8 FF)");
  }
  let end = data.byteLength;
  while (end > 0 && data[end - 1] === 0) end--;
  if (data[end - 2] !== MARKER || data[end - 1] !== EOI) {
    throw new ProtocolError("invalid_jpeg", "the JPEG is cut short (no FF D9 at its end)");
  }
  return frameHeaderSize(data);
}

function frameHeaderSize(data: Uint8Array): PixelSize {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let offset = 2;
  while (offset + 4 <= data.byteLength) {
    if (view.getUint8(offset) !== MARKER) break;
    const marker = view.getUint8(offset + 1);
    if (marker === MARKER) { // fill byte
      offset++;
      continue;
    }
    if (marker === SOS) break;
    if (isStartOfFrame(marker)) {
      if (offset + 9 > data.byteLength) break;
      return { height: view.getUint16(offset + 5), width: view.getUint16(offset + 7) };
    }
    offset += 2 + view.getUint16(offset + 2);
  }
  throw new ProtocolError("invalid_jpeg", "the JPEG has no frame header (SOF) before its scan");
}

/** SOF0-SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
