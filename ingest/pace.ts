/** A frame that jitters by less than this part of the interval counts as on time. */
const JITTER = 0.5;

/** Thins frames out to so many a second, as evenly as they come. Pure. */
export class Pace {
  /** 0 for all of them. */
  maxFps = 0;
  #nextMs = -Infinity;

  admits(nowMs: number): boolean {
    return this.maxFps === 0 || nowMs >= this.#nextMs - JITTER * this.#intervalMs;
  }

  /** A frame went through. Late ones do not earn the next ones a burst. */
  passed(nowMs: number): void {
    if (this.maxFps === 0) return;
    const isOnTime = nowMs - this.#nextMs <= JITTER * this.#intervalMs;
    this.#nextMs = (isOnTime ? this.#nextMs : nowMs) + this.#intervalMs;
  }

  get #intervalMs(): number {
    return 1000 / this.maxFps;
  }
}
