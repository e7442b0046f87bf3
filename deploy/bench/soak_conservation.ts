/** Totals of one viewer that stays, and of ingest, looked at together. */
export interface LedgerEntry {
  /** Frames that ingest took from the publisher. */
  readonly framesIn: number;
  /** Frames that came to the viewer, each once. */
  readonly framesOut: number;
  /** Frames that the viewer sees are missing. */
  readonly missing: number;
  /** Frames that ingest told the viewer it discarded; some may have come after all. */
  readonly discarded: number;
}

/**
 * Frames in = frames out + discards, from the first entry on: what was on its way at a look is a
 * frame or two, and is not more the next time. Pure.
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
    const { framesIn, framesOut, missing, discarded } = this.since;
    const lost = framesIn - framesOut - missing;
    if (Math.abs(lost) > this.#onTheirWay) {
      return `${framesIn} frames in, ${framesOut} out, ${missing} discarded: ${lost} are lost`;
    }
    if (missing <= discarded) return "";
    return `${missing} frames are missing, ${discarded} were said to be discarded`;
  }

  /** From the first entry to the last. */
  get since(): LedgerEntry {
    const zero = { framesIn: 0, framesOut: 0, missing: 0, discarded: 0 };
    const first = this.#first ?? zero;
    const last = this.#last ?? zero;
    return {
      framesIn: last.framesIn - first.framesIn,
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
