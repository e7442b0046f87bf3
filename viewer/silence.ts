const LEAST_MS = 5000;
const MOST_MS = 12_000;
/** Of the longest silence so far, after which the next word still came. */
const FACTOR = 5;

/**
 * How long nothing is heard of a connection before it is taken for dead, though nobody closed it.
 * Where it was never silent for long, sooner: a thin link is, while a large picture is on its way.
 * Pure.
 */
export class Silence {
  #heardAtMs: number;
  #longestMs = 0;

  constructor(nowMs: number) {
    this.#heardAtMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#heardAtMs);
    this.#heardAtMs = nowMs;
  }

  isTooLong(nowMs: number): boolean {
    const limitMs = Math.min(MOST_MS, Math.max(LEAST_MS, FACTOR * this.#longestMs));
    return nowMs - this.#heardAtMs > limitMs;
  }
}
