/** So long ingest may take a publish of ours that broke for one that is still there. */
const GHOST_MS = 10_000;

/**
 * Whether the producer that ingest says is publishing the stream may be this one, as it was before
 * its connection broke. How long ingest was away does not matter: one that was frozen reads what was
 * sent to it before, and takes that for a sign of life. Pure.
 */
export class OwnGhost {
  #hasPublished = false;
  #takenSinceMs: number | undefined;

  /** Ingest has let us in. */
  published(): void {
    this.#hasPublished = true;
    this.#takenSinceMs = undefined;
  }

  /** Ingest says that the stream is taken. */
  isTakenByUs(nowMs: number): boolean {
    this.#takenSinceMs ??= nowMs;
    return this.#hasPublished && nowMs - this.#takenSinceMs < GHOST_MS;
  }
}
