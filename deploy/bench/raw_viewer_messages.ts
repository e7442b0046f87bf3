import { MAIN_RENDITION, MessageEncoder } from "@porthole/protocol";

const FINAL = 0x80;
const MASKED = 0x80;
const HEADER_BYTES = 2;
const KEY_BYTES = 4;
const MAX_SHORT_BYTES = 125;
/** A uint 32 of MessagePack is a mark and four bytes. */
const ANY_SEQ = 0xffff_ffff;

/**
 * A client's message as it goes over the wire, masked (RFC 6455, 5.3). The caller owns it.
 *
 * By a key that is random but can be guessed: that matters where a page chooses what is sent
 * through somebody's proxy (RFC 6455, 10.3), not here.
 *
 * @param payload at most 125 bytes: acks and hellos are no longer
 * @throws {RangeError} when it is
 */
export function maskedFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = payload.byteLength;
  if (size > MAX_SHORT_BYTES) throw new RangeError(`${size} bytes, at most ${MAX_SHORT_BYTES}`);
  const frame = new Uint8Array(HEADER_BYTES + KEY_BYTES + size);
  frame[0] = FINAL | opcode;
  frame[1] = MASKED | size;
  for (let at = 0; at < KEY_BYTES; at++) frame[HEADER_BYTES + at] = Math.random() * 256;
  for (let at = 0; at < size; at++) {
    const key = frame[HEADER_BYTES + at % KEY_BYTES] ?? 0;
    frame[HEADER_BYTES + KEY_BYTES + at] = (payload[at] ?? 0) ^ key;
  }
  return frame;
}

/** An `ack` of the `main` rendition, encoded once; only its number is written anew. */
export class AckMessage {
  readonly #bytes = new MessageEncoder().encode({
    type: "ack",
    seq: ANY_SEQ,
    rendition: MAIN_RENDITION,
  });
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #seqAt = this.#bytes.findIndex((_byte, at, bytes) =>
    bytes.subarray(at, at + 4).every((byte) => byte === 0xff)
  );

  /** Good until the next call. @param seq a uint 32 */
  of(seq: number): Uint8Array {
    this.#view.setUint32(this.#seqAt, seq);
    return this.#bytes;
  }
}
