/** The increment of SplitMix32's state: 2^32 by the golden ratio. */
const GOLDEN = 0x9e3779b9;

/** Chance that can be had again: the same seeds give the same numbers. SplitMix32. */
export class Random {
  #state: number;

  constructor(...seeds: readonly number[]) {
    this.#state = 0;
    for (const seed of seeds) this.#state = (this.#state ^ seed) + this.uint32() >>> 0;
  }

  uint32(): number {
    this.#state = (this.#state + GOLDEN) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** From 0 up to, not including, `limit`; 0 where that is 0. */
  below(limit: number): number {
    return Math.floor(this.uint32() / 2 ** 32 * limit);
  }

  /** Mostly small, seldom near `limit`, which is not included. */
  small(limit: number): number {
    return this.below(this.below(this.below(limit) + 1) + 1);
  }

  chance(probability: number): boolean {
    return this.uint32() < probability * 2 ** 32;
  }

  /** @throws {RangeError} without any choice */
  pick<T>(choices: readonly T[]): T {
    const picked = choices[this.below(choices.length)];
    if (picked === undefined) throw new RangeError("there is nothing to pick from");
    return picked;
  }

  bytes(count: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: count }, () => this.uint32() & 0xff);
  }
}
