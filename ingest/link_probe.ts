/** What a probe sends through. */
export interface ProbeChannel {
  /** Bytes that mean nothing to the viewer. */
  pad(bytes: number): void;
  /** Answered by {@link LinkProbe.answered} once all before it has arrived. */
  ask(): void;
}

/** A first look is short: a slow link shows itself by it, and its picture waits for no more. */
const FIRST_LOOK_MS = 80;
/** A second one looks past what a router lets through in a burst. */
const SECOND_LOOK_MS = 200;
/** A first look that is far off ends the probe. */
const PLAUSIBLE = 0.75;
const MAX_PAD_BYTES = 512 * 1024;

interface Look {
  readonly bytes: number;
  readonly neededKbps: number;
  readonly sinceMs: number;
  readonly isFirst: boolean;
}

/**
 * Whether a link carries more than it is given: a little padding, and the time until its end has
 * arrived. TCP widens its window by the first look, so the second is the one that counts. Pure but
 * for its channel.
 */
export class LinkProbe {
  readonly #channel: ProbeChannel;
  #look: Look | undefined;

  constructor(channel: ProbeChannel) {
    this.#channel = channel;
  }

  get isRunning(): boolean {
    return this.#look !== undefined;
  }

  start(neededKbps: number, nowMs: number): void {
    if (this.#look === undefined) this.#begin(neededKbps, FIRST_LOOK_MS, nowMs);
  }

  /**
   * The question has arrived.
   *
   * @param baseDelayMs what the way alone takes
   * @returns what got through, kbps, once that is known
   */
  answered(baseDelayMs: number, nowMs: number): number | undefined {
    const look = this.#look;
    if (look === undefined) return undefined;
    this.#look = undefined;
    const tookMs = Math.max(1, nowMs - look.sinceMs - baseDelayMs);
    const kbps = look.bytes * 8 / tookMs;
    if (!look.isFirst || kbps < look.neededKbps * PLAUSIBLE) return kbps;
    this.#begin(look.neededKbps, SECOND_LOOK_MS, nowMs);
    return undefined;
  }

  /** Whatever was asked, the answer is of no interest any more. */
  cancel(): void {
    this.#look = undefined;
  }

  #begin(neededKbps: number, lookMs: number, nowMs: number): void {
    const bytes = Math.min(MAX_PAD_BYTES, Math.ceil(neededKbps * lookMs / 8));
    this.#look = { bytes, neededKbps, sinceMs: nowMs, isFirst: lookMs === FIRST_LOOK_MS };
    this.#channel.pad(bytes);
    this.#channel.ask();
  }
}
