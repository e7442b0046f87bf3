/** An RTT of longer ago says little of a route that may have changed. */
const BASE_DELAY_SPAN_MS = 15_000;
/** Acks come at ticks of 100 ms: what is later than this and the base delay waited on the link. */
const ACK_TICK_MS = 100;
/** A rate over less than this is mostly chance. */
const MIN_BUSY_MS = 200;
/** A link that was too slow is taken to carry twice as much each time so long has passed. */
const DOUBLES_IN_MS = 5_000;

/**
 * What acks tell of a viewer's link: the delay that is the way itself, and how much gets through
 * while more waits. Pure.
 */
export class LinkMeter {
  #baseDelayMs = Infinity;
  #recentBaseDelayMs = Infinity;
  #spanStartMs = -Infinity;
  #busySinceMs: number | undefined;
  #busyBytes = 0;
  #goodputKbps: number | undefined;
  #bottleneckKbps = Infinity;
  #bottleneckMs = 0;

  /** The shortest time from handing a frame over to its ack of late, ms; 0 before the first. */
  get baseDelayMs(): number {
    const shortest = Math.min(this.#baseDelayMs, this.#recentBaseDelayMs);
    return shortest === Infinity ? 0 : shortest;
  }

  /** What the link carried when it last was the bottleneck; `undefined` while it never was. */
  get goodputKbps(): number | undefined {
    return this.#goodputKbps;
  }

  /**
   * What the link may carry, by what it carried when it was the bottleneck: the longer ago, the
   * more. Infinity when it never was. Who is sent no more than that is not seen to be slow again: to
   * forget it at once would be to find it out anew, a backlog each time.
   */
  bottleneckKbps(nowMs: number): number {
    return this.#bottleneckKbps * 2 ** ((nowMs - this.#bottleneckMs) / DOUBLES_IN_MS);
  }

  /** An ack came: so long after its frame was handed over, for so many bytes since the one before. */
  acknowledged(delayMs: number, bytes: number, nowMs: number): void {
    if (nowMs - this.#spanStartMs > BASE_DELAY_SPAN_MS) {
      this.#baseDelayMs = this.#recentBaseDelayMs;
      this.#recentBaseDelayMs = Infinity;
      this.#spanStartMs = nowMs;
    }
    this.#recentBaseDelayMs = Math.min(this.#recentBaseDelayMs, delayMs);
    if (delayMs - this.baseDelayMs <= ACK_TICK_MS) this.#busySinceMs = undefined;
    else if (this.#busySinceMs === undefined) {
      this.#busySinceMs = nowMs;
      this.#busyBytes = 0;
    } else {
      this.#busyBytes += bytes;
      const busyMs = nowMs - this.#busySinceMs;
      if (busyMs >= MIN_BUSY_MS) this.#isBottleneck(this.#busyBytes * 8 / busyMs, nowMs);
    }
  }

  /** Another way of knowing, such as a probe. */
  measured(kbps: number): void {
    this.#goodputKbps = kbps;
    this.#bottleneckKbps = Infinity;
  }

  #isBottleneck(kbps: number, nowMs: number): void {
    this.#goodputKbps = kbps;
    this.#bottleneckKbps = kbps;
    this.#bottleneckMs = nowMs;
  }
}
