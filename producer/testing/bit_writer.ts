/** Writes the payload of a NAL unit bit by bit, emulation prevention included (H.264, 7.3.1). */
export class BitWriter {
  readonly #bits: number[] = [];

  uint(value: number, bits: number): this {
    for (let bit = bits - 1; bit >= 0; bit--) this.#bits.push(Math.floor(value / 2 ** bit) % 2);
    return this;
  }

  unsignedGolomb(value: number): this {
    const bits = Math.floor(Math.log2(value + 1));
    return this.uint(0, bits).uint(value + 1, bits + 1);
  }

  signedGolomb(value: number): this {
    return this.unsignedGolomb(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** With the stop bit and what aligns it. */
  payload(): Uint8Array {
    const bits = [...this.#bits, 1];
    while (bits.length % 8 !== 0) bits.push(0);
    const escaped: number[] = [];
    let zeros = 0;
    for (let start = 0; start < bits.length; start += 8) {
      const byte = parseInt(bits.slice(start, start + 8).join(""), 2);
      if (zeros >= 2 && byte <= 3) {
        escaped.push(3);
        zeros = 0;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      escaped.push(byte);
    }
    return Uint8Array.from(escaped);
  }
}
