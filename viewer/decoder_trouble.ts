const MAX_FAILURES = 3;
const WITHIN_MS = 10_000;

/**
 * Whether a decoder that claims to know a codec can be trusted with it: after three failures within
 * ten seconds and no painted picture between them it cannot. A stream with a broken frame now and
 * then paints in between. Pure.
 */
export class DecoderTrouble {
  #failuresAtMs: number[] = [];

  /** Whether to give the codec up. */
  failed(nowMs: number): boolean {
    this.#failuresAtMs = this.#failuresAtMs.filter((atMs) => nowMs - atMs < WITHIN_MS);
    this.#failuresAtMs.push(nowMs);
    return this.#failuresAtMs.length >= MAX_FAILURES;
  }

  painted(): void {
    if (this.#failuresAtMs.length > 0) this.#failuresAtMs = [];
  }
}
