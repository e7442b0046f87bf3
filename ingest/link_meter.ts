/** An RTT of longer ago says little of a route that may have changed. */
const BASE_DELAY_SPAN_MS = 15_000;
/** Acks come at ticks of 100 ms: what is later than this and the base delay waited on the link. */
const ACK_TICK_MS = 100;
/** A rate over less than this is mostly chance. */
const MIN_BUSY_MS = 200;
/** A link that was too slow so lately is still taken to be. */
const STAYS_SLOW_MS = 5_000;

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
  #bottleneckKbps: number | undefined;
  #bottleneckMs = -Infinity;

  /** The shortest time from handing a frame over to its ack of late, ms; 0 before the first. */
  get baseDelayMs(): number {
    const shortest = Math.min(this.#baseDelayMs, this.#recentBaseDelayMs);
    return shortest === Infinity ? 0 : shortest;
  }

  /** What the link carried when it last was the bottleneck; `undefined` while it never was. */
  get goodputKbps(): number | undefined {
    return this.#goodputKbps;
  }

  /** What the link carries while it is the bottleneck, or was of late; `undefined` while not. */
  bottleneckKbps(nowMs: number): number | undefined {
    return nowMs - this.#bottleneckMs <= STAYS_SLOW_MS ? this.#bottleneckKbps : undefined;
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
    this.#bottleneckKbps = undefined;
  }

  #isBottleneck(kbps: number, nowMs: number): void {
    this.#goodputKbps = kbps;
    this.#bottleneckKbps = kbps;
    this.#bottleneckMs = nowMs;
  }
}
