/** More are not told apart: a viewer that lost them is not one that anybody counts by. */
const MAX_MISSING = 100_000;

/**
 * Which frames of one rendition have come, by their numbers: each once, however often it was sent.
 * A GOP that is sent again to a viewer that fell behind repeats some, and brings some that were
 * given up before. Pure.
 */
export class SeqAccount {
  readonly #missing = new Set<number>();
  /** Of numberings that are over. */
  #missingBefore = 0;
  #newest: number | undefined;
  #received = 0;

  /** Frames that came. */
  get received(): number {
    return this.#received;
  }

  /** Frames between the first and the newest that did not. */
  get missing(): number {
    return this.#missingBefore + this.#missing.size;
  }

  /** @returns whether it had not come before */
  add(seq: number): boolean {
    const next = (this.#newest ?? seq - 1) + 1;
    if (seq < next && !this.#missing.delete(seq)) return false;
    this.#received++;
    if (seq < next) return true;
    const from = Math.max(next, seq - MAX_MISSING);
    for (let skipped = from; skipped < seq; skipped++) this.#missing.add(skipped);
    this.#newest = seq;
    return true;
  }

  /** Numbers mean something else from here on: another rendition, or another publisher. */
  startOver(): void {
    this.#missingBefore += this.#missing.size;
    this.#missing.clear();
    this.#newest = undefined;
  }
}
