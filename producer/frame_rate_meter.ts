/** Long enough that a picture that comes late, or a short pause, hardly changes it. */
const OVER_US = 4_000_000;

/** How many frames a second a camera sends, by its own clock. Pure. */
export class FrameRateMeter {
  #fps: number | undefined;
  #fromUs: number | undefined;
  #frames = 0;

  /** Of the last four seconds or so that were whole; `undefined` before. */
  get fps(): number | undefined {
    return this.#fps;
  }

  /** Counts a frame that is shown at `ptsUs`; a clock that was set says nothing of the rate. */
  count(ptsUs: number): void {
    const elapsedUs = ptsUs - (this.#fromUs ?? Infinity);
    if (elapsedUs < 0 || elapsedUs > 2 * OVER_US) return this.#startFrom(ptsUs);
    this.#frames++;
    if (elapsedUs < OVER_US) return;
    this.#fps = this.#frames * 1_000_000 / elapsedUs;
    this.#startFrom(ptsUs);
  }

  /** Another source: what was measured says nothing of it. */
  reset(): void {
    this.#fps = undefined;
    this.#fromUs = undefined;
  }

  #startFrom(ptsUs: number): void {
    this.#fromUs = ptsUs;
    this.#frames = 0;
  }
}
