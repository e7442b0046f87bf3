/**
 * How much may pass, and when: `ratePerSecond` over time, `burst` at once. Pure: the time is passed
 * in, and one that goes back counts as standing still.
 */
export class TokenBucket {
  #tokens: number;
  #filledMs: number | undefined;

  constructor(readonly ratePerSecond: number, readonly burst: number) {
    this.#tokens = burst;
  }

  /** Takes `cost` if there is so much; nothing is taken otherwise. */
  take(cost: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Takes `cost`, or all there is: what happened already cannot be refused. */
  charge(cost: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens = Math.max(0, this.#tokens - cost);
  }

  /** Whether it has as much as one. */
  hasSome(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= 1;
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - (this.#filledMs ?? nowMs));
    this.#tokens = Math.min(this.burst, this.#tokens + passedMs * this.ratePerSecond / 1000);
    this.#filledMs = nowMs;
  }
}
