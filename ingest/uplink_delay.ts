/** A second of the usual 30 frames. */
const FRAMES_KEPT = 32;

/**
 * How long frames take from the publisher to here: the last ones, of which the one in the middle is
 * told. Allocates nothing a frame. Pure.
 */
export class UplinkDelay {
  readonly #delaysMs = new Float64Array(FRAMES_KEPT);
  #added = 0;

  /** @param nowMs by ingest's clock, which the publisher's need not agree with */
  add(timestampMs: number, nowMs: number): void {
    this.#delaysMs[this.#added++ % FRAMES_KEPT] = nowMs - timestampMs;
  }

  /**
   * In ms, never below 0: nothing arrives before it was sent. `undefined` before the first frame.
   *
   * @param clockOffsetMs publisher's clock minus ingest's
   */
  medianMs(clockOffsetMs: number): number | undefined {
    if (this.#added === 0) return undefined;
    const sorted = this.#delaysMs.slice(0, Math.min(this.#added, FRAMES_KEPT)).sort();
    return Math.max(0, (sorted[sorted.length >> 1] ?? 0) + clockOffsetMs);
  }
}
