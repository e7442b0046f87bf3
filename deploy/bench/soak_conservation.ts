/** Totals of one viewer that stays, and of ingest, looked at together. */
export interface LedgerEntry {
  /** Frames that ingest took from the publisher, each once. */
  readonly framesIn: number;
  /** Frames that ingest never saw, by the steps of their numbers: the publisher's own discards. */
  readonly skipped: number;
  /** Frames that came to the viewer, each once. */
  readonly framesOut: number;
  /** Frames that the viewer sees are missing. */
  readonly missing: number;
  /** Frames that ingest told the viewer it discarded. */
  readonly discarded: number;
}

const ZERO: LedgerEntry = { framesIn: 0, skipped: 0, framesOut: 0, missing: 0, discarded: 0 };

/**
 * Frames in = frames out + discards, from the first entry on, and what is missing is what somebody
 * discarded: what was on its way at a look is a frame or two, and is not more the next time. Pure.
 */
export class FrameLedger {
  readonly #onTheirWay: number;
  #first: LedgerEntry | undefined;
  #last: LedgerEntry | undefined;

  /** @param onTheirWay so many frames may be at most, between two looks */
  constructor(onTheirWay: number) {
    this.#onTheirWay = onTheirWay;
  }

  /** @returns what does not add up, in words; empty while all does */
  add(entry: LedgerEntry): string {
    this.#first ??= entry;
    this.#last = entry;
    const { framesIn, skipped, framesOut, missing, discarded } = this.since;
    const lost = framesIn + skipped - framesOut - missing;
    if (Math.abs(lost) > this.#onTheirWay) {
      return `${framesIn} frames in, ${skipped} discarded before, ${framesOut} out, ` +
        `${missing} missing: ${lost} are lost`;
    }
    if (Math.abs(missing - discarded - skipped) <= this.#onTheirWay) return "";
    return `${missing} frames are missing, ${discarded} were said to be discarded, ` +
      `${skipped} by the publisher`;
  }

  /** From the first entry to the last. */
  get since(): LedgerEntry {
    const first = this.#first ?? ZERO;
    const last = this.#last ?? ZERO;
    return {
      framesIn: last.framesIn - first.framesIn,
      skipped: last.skipped - first.skipped,
      framesOut: last.framesOut - first.framesOut,
      missing: last.missing - first.missing,
      discarded: last.discarded - first.discarded,
    };
  }

  /** Both ends have started anew; what was before is settled. */
  startOver(): void {
    this.#first = undefined;
    this.#last = undefined;
  }
}
