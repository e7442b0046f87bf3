export interface FrameWatchdogOptions {
  /** How long after a picture no other may come, ms. */
  readonly stallMs: number;
  /** How long the first may take, ms. */
  readonly firstWithinMs: number;
}

/** Of a camera's own intervals: that many pictures in a row missed. */
const INTERVALS_MISSED = 4;
const INTERVALS_KEPT = 8;
const LONGEST_ALLOWANCE_MS = 300_000;

/**
 * Whether a camera that is connected has stalled: pictures count, not bytes, for a camera whose
 * encoder hangs may go on sending RTCP.
 *
 * A camera of one picture in ten seconds is not stalled: what it may take is four of its own
 * intervals, where that is longer. They are learnt from its pictures, over all its connections; and
 * after a connection that stalled before it was worth one, for it may have been cut too soon to
 * learn anything, the next is given twice the time. Pure.
 */
export class FrameWatchdog {
  readonly #options: FrameWatchdogOptions;
  readonly #intervalsMs: number[] = [];
  #connectedMs = 0;
  #firstFrameMs: number | undefined;
  #lastFrameMs: number | undefined;
  #frames = 0;
  #stallsInARow = 0;

  constructor(options: FrameWatchdogOptions) {
    this.#options = options;
  }

  /** How long after a picture no other may come as things are, ms. */
  get allowanceMs(): number {
    const { stallMs, firstWithinMs } = this.#options;
    const patientMs = Math.min(
      Math.max(stallMs, firstWithinMs),
      stallMs * 2 ** this.#stallsInARow,
    );
    const slowMs = INTERVALS_MISSED * Math.max(0, ...this.#intervalsMs);
    return Math.max(patientMs, Math.min(LONGEST_ALLOWANCE_MS, slowMs));
  }

  /** A new connection. */
  connecting(nowMs: number): void {
    this.#connectedMs = nowMs;
    this.#firstFrameMs = undefined;
    this.#lastFrameMs = undefined;
  }

  /** A picture came. Called for each one. */
  frame(nowMs: number): void {
    if (this.#lastFrameMs !== undefined) {
      this.#intervalsMs[this.#frames++ % INTERVALS_KEPT] = nowMs - this.#lastFrameMs;
    }
    this.#firstFrameMs ??= nowMs;
    this.#lastFrameMs = nowMs;
  }

  /** To be asked a few times a second. */
  isStalled(nowMs: number): boolean {
    const { stallMs, firstWithinMs } = this.#options;
    if (this.#lastFrameMs === undefined || this.#firstFrameMs === undefined) {
      return nowMs - this.#connectedMs > Math.max(stallMs, firstWithinMs);
    }
    const { allowanceMs } = this;
    if (nowMs - this.#lastFrameMs > allowanceMs) return true;
    if (this.#lastFrameMs - this.#firstFrameMs > allowanceMs) this.#stallsInARow = 0;
    return false;
  }

  /** The connection was given up because it had stalled. */
  stalled(): void {
    if (this.#lastFrameMs === undefined || this.#firstFrameMs === undefined) return;
    const lastedMs = this.#lastFrameMs - this.#firstFrameMs;
    this.#stallsInARow = lastedMs < this.#options.stallMs ? this.#stallsInARow + 1 : 0;
  }
}
