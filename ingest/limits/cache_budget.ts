import { Metrics } from "../metrics.ts";

/** Whoever keeps pictures for those who join. */
export interface CacheHolder {
  readonly cachedBytes: number;
  /** Lets go of all of it, and says so by {@link CacheBudget.changed}. */
  giveUpCache(): void;
}

/** When it is over, so much is freed at once: not a look at all of them for each frame. */
const KEPT_WHEN_OVER = 0.9;

/**
 * The memory that the pictures kept for those who join take, of all streams together. Where they
 * are too many the largest are not kept: who joins there waits for the next keyframe.
 */
export class CacheBudget {
  readonly #metrics: Metrics;
  readonly #holders = new Set<CacheHolder>();
  #bytes = 0;

  constructor(readonly maxBytes: number = Infinity, metrics: Metrics = new Metrics()) {
    this.#metrics = metrics;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A holder keeps more or less than before. Called for each frame. */
  changed(holder: CacheHolder, beforeBytes: number, afterBytes: number): void {
    this.#bytes += afterBytes - beforeBytes;
    if (afterBytes === 0) this.#holders.delete(holder);
    else if (beforeBytes === 0) this.#holders.add(holder);
    if (this.#bytes > this.maxBytes) this.#free();
    this.#metrics.cacheBytes = this.#bytes;
  }

  #free(): void {
    const largestFirst = [...this.#holders].sort((a, b) => b.cachedBytes - a.cachedBytes);
    for (const holder of largestFirst) {
      if (this.#bytes <= this.maxBytes * KEPT_WHEN_OVER) return;
      holder.giveUpCache();
      this.#metrics.cachesGivenUp++;
    }
  }
}
