import { Buffer } from "node:buffer";

const FINAL = 0x80;
const CONTINUATION = 0x0;
const BINARY = 0x2;
const FINAL_BINARY = FINAL | BINARY;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;

/**
 * A message as servers send it over a WebSocket: header and payload in one buffer (RFC 6455, 5.2:
 * final, binary, not masked). The payload is copied, once, and can be had as a view by
 * {@link payloadOf}.
 */
export function framedMessage(payload: Uint8Array): Buffer<ArrayBuffer> {
  const { byteLength } = payload;
  const headerBytes = headerLength(byteLength);
  // Not from Node's pool: it lives as long as the slowest viewer needs it.
  const framed = Buffer.allocUnsafeSlow(headerBytes + byteLength);
  framed[0] = FINAL_BINARY;
  if (headerBytes === 2) framed[1] = byteLength;
  else if (headerBytes === 4) {
    framed[1] = LENGTH_IN_16_BITS;
    framed.writeUInt16BE(byteLength, 2);
  } else {
    framed[1] = LENGTH_IN_64_BITS;
    framed.writeUInt32BE(0, 2);
    framed.writeUInt32BE(byteLength, 6);
  }
  framed.set(payload, headerBytes);
  return framed;
}

/**
 * The header of one part of a message that is sent in several (RFC 6455, 5.4); its payload follows.
 *
 * @throws {RangeError} for a part of 64 KiB or more
 */
export function partHeader(
  byteLength: number,
  isFirst: boolean,
  isFinal: boolean,
): Buffer<ArrayBuffer> {
  const first = (isFirst ? BINARY : CONTINUATION) | (isFinal ? FINAL : 0);
  if (byteLength < LENGTH_IN_16_BITS) return Buffer.from([first, byteLength]);
  const header = Buffer.from([first, LENGTH_IN_16_BITS, 0, 0]);
  header.writeUInt16BE(byteLength, 2);
  return header;
}

/** The message inside, as a view. */
export function payloadOf(framed: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const lengthByte = framed[1] ?? 0;
  const headerBytes = lengthByte < LENGTH_IN_16_BITS
    ? 2
    : lengthByte === LENGTH_IN_16_BITS
    ? 4
    : 10;
  return new Uint8Array(
    framed.buffer,
    framed.byteOffset + headerBytes,
    framed.byteLength - headerBytes,
  );
}

function headerLength(payloadBytes: number): number {
  if (payloadBytes < LENGTH_IN_16_BITS) return 2;
  return payloadBytes < 0x10000 ? 4 : 10;
}
