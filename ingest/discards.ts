import type { ClientTotals } from "./client_feed.ts";
import type { DiscardCause, Metrics } from "./metrics.ts";

/**
 * Frames that one viewer was not sent because it was behind, of all its renditions together: it is
 * told of them before the next frame, of whichever rendition that is.
 */
export class Discards {
  readonly #totals: ClientTotals;
  readonly #metrics: Metrics;
  #untold = 0;
  /** Frames there was no room for when they came; some may have been sent after all. */
  refused = 0;

  constructor(totals: ClientTotals, metrics: Metrics) {
    this.#totals = totals;
    this.#metrics = metrics;
  }

  /** They will not be sent any more. */
  lost(count: number, cause: DiscardCause): void {
    this.#untold += count;
    this.#totals.framesDiscarded += count;
    this.#metrics.framesDiscarded += count;
    this.#metrics.discardedBy[cause] += count;
  }

  /** Those that were not taken before. */
  takeUntold(): number {
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }
}
