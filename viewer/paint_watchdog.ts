/** More than any decoder holds back to put pictures in order (ITU-T H.264, A.3.1: 16 frames). */
const MIN_FRAMES = 20;
export const MIN_STUCK_MS = 4000;

/**
 * Whether a decoder swallows what it is given and makes nothing of it: without an error, as some do
 * with what they claim to know. Pure.
 */
export class PaintWatchdog {
  #frames = 0;
  #sinceMs = 0;

  /** A frame went to the decoder. */
  given(nowMs: number): void {
    if (this.#frames === 0) this.#sinceMs = nowMs;
    this.#frames++;
  }

  /** A picture came out; or nothing is expected to. */
  restart(): void {
    this.#frames = 0;
  }

  isStuck(nowMs: number): boolean {
    return this.#frames >= MIN_FRAMES && nowMs - this.#sinceMs >= MIN_STUCK_MS;
  }
}
