/** Of the time that passes: how fast a way that has become longer is believed to stay so. */
const LEAK = 0.01;
/** What comes this much later than the fastest is no jitter: another clock, or a long stop. */
const MAX_JITTER_MS = 1000;

/**
 * When pictures are to be painted so that the time between them is that of the camera: as late as
 * the fastest of them and `smoothingMs` more. One that is later than that comes at once. So none
 * waits longer than `smoothingMs`, and there is nothing to catch up with. Pure.
 */
export class Smoother {
  #smoothingMs: number;
  /** Of the fastest way lately: our clock minus the camera's. */
  #offsetMs: number | undefined;
  #capturedMs = 0;

  /** @param smoothingMs 0 for no waiting */
  constructor(smoothingMs: number) {
    this.#smoothingMs = smoothingMs;
  }

  get smoothingMs(): number {
    return this.#smoothingMs;
  }

  set smoothingMs(smoothingMs: number) {
    this.#smoothingMs = smoothingMs;
  }

  /**
   * @param capturedMs by the camera's own clock, which may be any
   * @param nowMs when it is ready to be painted
   * @returns when to paint it, from `nowMs` on
   */
  dueMs(capturedMs: number, nowMs: number): number {
    if (this.#smoothingMs === 0) return nowMs;
    const offsetMs = nowMs - capturedMs;
    const passedMs = Math.max(0, capturedMs - this.#capturedMs);
    const fastestMs = (this.#offsetMs ?? offsetMs) + passedMs * LEAK;
    const isSameClock = Math.abs(offsetMs - fastestMs) < MAX_JITTER_MS;
    this.#offsetMs = isSameClock ? Math.min(offsetMs, fastestMs) : offsetMs;
    this.#capturedMs = capturedMs;
    return Math.max(nowMs, capturedMs + this.#offsetMs + this.#smoothingMs);
  }

  /** What was learnt of the way says nothing of what comes: another connection, or a pause. */
  restart(): void {
    this.#offsetMs = undefined;
  }
}
