/** Reads the bits of a NAL unit's payload, emulation prevention bytes taken out (H.264, 7.3.1). */
export class BitReader {
  readonly #bytes: Uint8Array;
  #bit = 0;

  constructor(nalPayload: Uint8Array) {
    this.#bytes = withoutEmulationPrevention(nalPayload);
  }

  /** @throws {RangeError} past the end */
  bit(): number {
    const byte = this.#bytes[this.#bit >> 3];
    if (byte === undefined) throw new RangeError("the NAL unit is cut short");
    const value = (byte >> (7 - (this.#bit & 7))) & 1;
    this.#bit++;
    return value;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** u(n), up to 32 bits. */
  uint(bits: number): number {
    let value = 0;
    for (let index = 0; index < bits; index++) value = value * 2 + this.bit();
    return value;
  }

  skip(bits: number): void {
    for (let left = bits; left > 0; left--) this.bit();
  }

  /** ue(v): unsigned Exp-Golomb (H.264, 9.1). */
  unsignedGolomb(): number {
    let zeros = 0;
    while (!this.flag()) {
      if (++zeros > 31) throw new RangeError("an Exp-Golomb code is longer than 32 bits");
    }
    return 2 ** zeros - 1 + this.uint(zeros);
  }

  /** se(v): signed Exp-Golomb (H.264, 9.1.1). */
  signedGolomb(): number {
    const code = this.unsignedGolomb();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }
}

function withoutEmulationPrevention(payload: Uint8Array): Uint8Array {
  const kept = new Uint8Array(payload.byteLength);
  let length = 0;
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    kept[length++] = byte;
  }
  return kept.subarray(0, length);
}
