const WINDOW_MS = 2_000;
/** One slot more than the window needs, for the one being filled. */
const SLOTS = 9;
const SLOT_MS = WINDOW_MS / (SLOTS - 1);

/** Frames and bits a second over the last two seconds. Allocates only when it is made. */
export class RateMeter {
  readonly #frames = new Float64Array(SLOTS);
  readonly #bytes = new Float64Array(SLOTS);
  #slot = 0;
  #firstMs: number | undefined;

  count(bytes: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#advance(nowMs);
    const index = this.#slot % SLOTS;
    this.#frames[index] = (this.#frames[index] ?? 0) + 1;
    this.#bytes[index] = (this.#bytes[index] ?? 0) + bytes;
  }

  fps(nowMs: number): number {
    return this.#perSecond(this.#frames, nowMs);
  }

  kbps(nowMs: number): number {
    return this.#perSecond(this.#bytes, nowMs) * 8 / 1000;
  }

  #perSecond(counts: Float64Array, nowMs: number): number {
    if (this.#firstMs === undefined) return 0;
    this.#advance(nowMs);
    const windowMs = Math.min(
      nowMs - this.#firstMs,
      (SLOTS - 1) * SLOT_MS + nowMs % SLOT_MS,
    );
    const sum = counts.reduce((total, count) => total + count, 0);
    return windowMs < SLOT_MS ? 0 : sum * 1000 / windowMs;
  }

  #advance(nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    const steps = Math.min(slot - this.#slot, SLOTS);
    for (let step = 0; step < steps; step++) {
      const index = (slot - step) % SLOTS;
      this.#frames[index] = 0;
      this.#bytes[index] = 0;
    }
    if (steps > 0) this.#slot = slot;
  }
}
