/** The least time a rate is taken over, so that the first value alone is not a thousand a second. */
const MIN_MEASURED_MS = 500;

/** The last measurements, each with its time, in memory set aside once. Pure. */
export class SlidingWindow {
  readonly #times: Float64Array;
  readonly #values: Float64Array;
  #added = 0;
  #firstAddedAtMs = 0;

  /** @param capacity measurements kept; the oldest make room, however young they are */
  constructor(readonly spanMs: number, capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  add(nowMs: number, value: number): void {
    if (this.#added === 0) this.#firstAddedAtMs = nowMs;
    const slot = this.#added % this.#times.length;
    this.#times[slot] = nowMs;
    this.#values[slot] = value;
    this.#added++;
  }

  /** The values younger than the span, oldest first. */
  values(nowMs: number): number[] {
    const values: number[] = [];
    const firstKept = Math.max(0, this.#added - this.#times.length);
    for (let index = firstKept; index < this.#added; index++) {
      const slot = index % this.#times.length;
      if ((this.#times[slot] ?? 0) > nowMs - this.spanMs) values.push(this.#values[slot] ?? 0);
    }
    return values;
  }

  /** Sum of the values a second; over the time since the first while that is less than the span. */
  ratePerSecond(nowMs: number): number {
    const sinceFirstMs = Math.max(nowMs - this.#firstAddedAtMs, MIN_MEASURED_MS);
    const sum = this.values(nowMs).reduce((total, value) => total + value, 0);
    return sum * 1000 / Math.min(this.spanMs, sinceFirstMs);
  }

  clear(): void {
    this.#added = 0;
  }
}

/** The value in the middle, of two the greater; `undefined` when there is none. */
export function medianOf(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
