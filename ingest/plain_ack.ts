import type { Ack } from "@porthole/protocol";

const FIXMAP = 0x80;
const FIXSTR = 0xa0;
const MAX_FIXSTR_BYTES = 31;
const MAX_FIXINT = 0x7f;
const UINT_8 = 0xcc;
const UINT_16 = 0xcd;
const UINT_32 = 0xce;
const MAX_ASCII = 0x7f;

/**
 * An `ack` as viewers write it, with `type` first and nothing unusual; `undefined` for every other
 * message, which the general decoder is to read.
 *
 * A thousand viewers send five to ten thousand acks a second. Decoded and checked as messages in
 * general are, they cost more than all else that ingest does for a frame besides sending it.
 */
export function plainAckOf(bytes: Uint8Array): Ack | undefined {
  const reader = new Reader(bytes);
  const fields = reader.byte() - FIXMAP;
  if (fields < 2 || fields > 4) return undefined;
  if (reader.name() !== "type" || reader.name() !== "ack") return undefined;
  let seq: number | undefined;
  let rendition: string | undefined;
  let undecoded: number | undefined;
  for (let field = 1; field < fields; field++) {
    const key = reader.name();
    if (key === "seq" && seq === undefined) seq = reader.uint();
    else if (key === "rendition" && rendition === undefined) rendition = reader.name();
    else if (key === "undecoded" && undecoded === undefined) undecoded = reader.uint();
    else return undefined;
  }
  if (seq === undefined || rendition === "" || !reader.isAtEnd) return undefined;
  return {
    type: "ack",
    seq,
    ...(rendition === undefined ? {} : { rendition }),
    ...(undecoded === undefined ? {} : { undecoded }),
  };
}

/** Reads the shortest forms of MessagePack; once it met another, it is never at the end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isPlain = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#isPlain && this.#at === this.#bytes.byteLength;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) this.#isPlain = false;
    return byte ?? 0;
  }

  /** ASCII of at most 31 characters. */
  name(): string {
    const length = this.byte() - FIXSTR;
    if (length < 0 || length > MAX_FIXSTR_BYTES) this.#isPlain = false;
    let name = "";
    for (let index = 0; index < length && this.#isPlain; index++) {
      const code = this.byte();
      if (code > MAX_ASCII) this.#isPlain = false;
      name += String.fromCharCode(code);
    }
    return name;
  }

  uint(): number {
    const first = this.byte();
    switch (first) {
      case UINT_8:
        return this.byte();
      case UINT_16:
        return this.byte() * 0x100 + this.byte();
      case UINT_32:
        return (this.byte() * 0x100 + this.byte()) * 0x10000 + this.byte() * 0x100 + this.byte();
      default:
        if (first > MAX_FIXINT) this.#isPlain = false;
        return first;
    }
  }
}
