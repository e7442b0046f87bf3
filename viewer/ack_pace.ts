import type { Ack } from "@porthole/protocol";

/** How often {@link AckPace.tick} is to be called: the shortest time between two acks. */
export const ACK_TICK_MS = 100;

const TICKS_WITHOUT_NEWS = 2;

/**
 * Which ticks send an ack: each that has a newer frame to confirm, and every second one else, so
 * that ingest hears of this viewer between 5 and 10 times a second. SPEC.md, "ack". Pure.
 */
export class AckPace {
  #seq: number | undefined;
  #rendition = "";
  #confirmedSeq: number | undefined;
  #silentTicks = 0;
  #undecoded = 0;

  received(seq: number, rendition: string): void {
    this.#seq = seq;
    if (rendition !== this.#rendition) {
      this.#rendition = rendition;
      this.#confirmedSeq = undefined;
    }
  }

  /** A received frame was given up because decoding was behind. */
  gaveUp(): void {
    this.#undecoded++;
  }

  /** The ack to send now, if one is due. */
  tick(): Ack | undefined {
    if (this.#seq === undefined) return undefined;
    this.#silentTicks++;
    if (this.#seq === this.#confirmedSeq && this.#silentTicks < TICKS_WITHOUT_NEWS) {
      return undefined;
    }
    const undecoded = this.#undecoded;
    this.#confirmedSeq = this.#seq;
    this.#silentTicks = 0;
    this.#undecoded = 0;
    const ack: Ack = { type: "ack", seq: this.#seq, rendition: this.#rendition };
    return undecoded === 0 ? ack : { ...ack, undecoded };
  }

  /** Forgets what was received: a new connection, or a pause. */
  restart(): void {
    this.#seq = undefined;
    this.#confirmedSeq = undefined;
    this.#silentTicks = 0;
    this.#undecoded = 0;
  }
}
