/** What would take longer than this to arrive is sent with milestones in it. */
const LONG_MS = 2_000;
/** Less at a time tells of the way, not of the link. */
const MEASURED_BYTES = 32 * 1024;

/**
 * Whether a link is known to take a frame so quickly that nobody has to see it getting on. It is not
 * before the first frames have been seen to arrive, by milestones between them. Pure.
 */
export class LinkPace {
  #kbps: number | undefined;
  #measuring: { bytes: number; readonly sinceMs: number } | undefined;

  /** @param goodputKbps what the link carries where that is known otherwise */
  needsMilestones(bytes: number, goodputKbps: number | undefined): boolean {
    const kbps = Math.min(this.#kbps ?? 0, goodputKbps ?? Infinity);
    return bytes * 8 > kbps * LONG_MS;
  }

  /** So much was sent, with milestones. */
  sent(bytes: number, nowMs: number): void {
    this.#measuring ??= { bytes: 0, sinceMs: nowMs };
    this.#measuring.bytes += bytes;
  }

  /** Every milestone has been reached. */
  arrived(nowMs: number): void {
    const measured = this.#measuring;
    if (measured === undefined || measured.bytes < MEASURED_BYTES) return;
    this.#measuring = undefined;
    this.#kbps = measured.bytes * 8 / Math.max(1, nowMs - measured.sinceMs);
  }

  /** An answer is late: what was known may not hold any more. */
  doubted(): void {
    this.#kbps = undefined;
  }
}
