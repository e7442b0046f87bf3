/** So long nothing was seen to arrive: a ping finds out whether anything does. */
const PING_AFTER_MS = 2_000;
/** A ping so often for the length of the way, although acks show that all arrives. */
const MEASURE_EVERY_MS = 10_000;
/** Answers that wait behind what was sent in half a second come sooner on most links. */
const LATE_AFTER_MS = 1_000;
/** So long nothing was seen to arrive, although something was sent. */
const GONE_AFTER_MS = 6_000;

/**
 * Whether a viewer still reads. Every WebSocket client answers a ping, and only once it has read
 * all that came before (RFC 6455, 5.5.3): a viewer that stopped reading answers none, however
 * lively the rest of it is. One ping is on its way at a time. Pure.
 */
export class Heartbeat {
  #askedMs: number;
  #isWaiting = false;
  #progressMs: number;
  #roundTripMs: number | undefined;

  constructor(nowMs: number) {
    this.#askedMs = nowMs;
    this.#progressMs = nowMs;
  }

  /** Whether a ping has not been answered yet. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** The shortest time of late from a ping to its answer, ms. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** An answer takes so long that the link may be thinner than it was. */
  isLate(nowMs: number): boolean {
    return this.#isWaiting && nowMs - this.#askedMs > LATE_AFTER_MS;
  }

  /** What to do now; to be asked a few times a second. */
  due(nowMs: number): "ping" | "give up" | undefined {
    if (this.#isWaiting) {
      return nowMs - this.#progressMs > GONE_AFTER_MS ? "give up" : undefined;
    }
    const quietMs = nowMs - Math.max(this.#askedMs, this.#progressMs);
    const isDue = quietMs >= PING_AFTER_MS || nowMs - this.#askedMs >= MEASURE_EVERY_MS;
    return isDue ? "ping" : undefined;
  }

  /** A ping was sent. */
  asked(nowMs: number): void {
    this.#askedMs = nowMs;
    this.#progressMs = nowMs;
    this.#isWaiting = true;
  }

  /** Something was seen to arrive, if not all. */
  progressed(nowMs: number): void {
    this.#progressMs = nowMs;
  }

  /** @param isAlone nothing large was sent before the ping: the answer tells how long the way is */
  answered(nowMs: number, isAlone: boolean): void {
    this.#isWaiting = false;
    this.#progressMs = nowMs;
    if (isAlone) this.#roundTripMs = Math.min(this.#roundTripMs ?? Infinity, nowMs - this.#askedMs);
  }
}
