/** Bounds of the waits between tries, ms. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** How a viewer comes back to an ingest that went away: it is there again within three seconds. */
export const RECONNECT_BOUNDS: BackoffBounds = { firstMs: 250, maxMs: 2000 };

/**
 * Waits between tries: each twice the last up to a cap, and of each the second half at random, so
 * that a thousand viewers of a restarted server do not come back in the same instant.
 *
 * Pure: `random` returns a number in [0, 1).
 */
export class Backoff {
  #tries = 0;

  constructor(readonly bounds: BackoffBounds, readonly random: () => number) {}

  nextDelayMs(): number {
    const fullMs = Math.min(this.bounds.maxMs, this.bounds.firstMs * 2 ** this.#tries);
    this.#tries++;
    return fullMs * (1 + this.random()) / 2;
  }

  /** After a success: the next wait is the first again. */
  restart(): void {
    this.#tries = 0;
  }
}
