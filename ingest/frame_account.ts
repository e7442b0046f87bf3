import type { DiscardCause } from "./metrics.ts";
import type { OutboundFrame } from "./outbound_frame.ts";

/**
 * Which frames of one rendition a viewer has, and which it lacks: for good, or until the current GOP
 * brings them after all. A frame is lost once that GOP is over, for none is sent after it. Pure.
 */
export class FrameAccount {
  readonly #lost: (count: number, cause: DiscardCause) => void;
  /** The keyframe of the current GOP. */
  readonly #key = new FrameMark();
  /** Of the current GOP, what the viewer has up to here; unset while that is nothing. */
  readonly #newest = new FrameMark();
  readonly #firstLacking = new FrameMark();
  readonly #lastLacking = new FrameMark();
  #lacking = 0;
  /** Of what is lacking. */
  #cause: DiscardCause = "behind";

  /** @param lost is told of frames that will not be sent any more, each once */
  constructor(lost: (count: number, cause: DiscardCause) => void) {
    this.#lost = lost;
  }

  /** The hot path: a frame that the viewer did not have. */
  handedOver(frame: OutboundFrame): void {
    this.settle();
    if (frame.isKey) this.#key.set(frame);
    this.#newest.set(frame);
  }

  /** There was no room for it. */
  refused(frame: OutboundFrame, cause: DiscardCause = "behind"): void {
    const newestKnown = this.#lacking > 0 ? this.#lastLacking : this.#newest;
    const isKnown = frame.isKey
      ? this.#key.is(frame) && newestKnown.isSet
      : newestKnown.covers(frame);
    // A publisher that came back sends it again.
    if (isKnown) return;
    if (frame.isKey) this.#begin(frame);
    this.#lack(frame, frame, 1, cause);
  }

  /** Whether the viewer has the current GOP up to `frame`, and nothing of it is lacking. */
  isAt(frame: OutboundFrame): boolean {
    return this.#lacking === 0 && this.#newest.is(frame);
  }

  /**
   * A GOP is about to be sent from its start: what of it was lacking is not any more.
   *
   * @returns how many of its frames, from the first on, the viewer has already
   */
  sending(gop: readonly OutboundFrame[]): number {
    const had = this.#countHad(gop);
    this.#lacking = Math.max(0, this.#lacking - (gop.length - had));
    this.settle();
    return had;
  }

  /** Of the GOP that is being sent, these frames are not. */
  givenUp(gop: readonly OutboundFrame[], from: number, to: number): void {
    const [first, last] = [gop[from], gop[to - 1]];
    if (first === undefined || last === undefined || from >= to) return;
    this.#lack(first, last, to - from, "behind");
  }

  /** Nothing of a GOP is sent beyond what the viewer has of it. */
  withheld(gop: readonly OutboundFrame[]): void {
    const had = this.#countHad(gop);
    this.givenUp(gop, had + this.#lacking, gop.length);
  }

  /** Nothing will bring any more what is lacking. */
  settle(): void {
    if (this.#lacking === 0) return;
    this.#lost(this.#lacking, this.#cause);
    this.#lacking = 0;
  }

  #countHad(gop: readonly OutboundFrame[]): number {
    const [first] = gop;
    if (first === undefined) return 0;
    if (!this.#key.is(first)) this.#begin(first);
    return this.#lacking === 0
      ? this.#newest.countIn(gop, true)
      : this.#firstLacking.countIn(gop, false);
  }

  /** A GOP of which the viewer has nothing. */
  #begin(key: OutboundFrame): void {
    this.settle();
    this.#key.set(key);
    this.#newest.clear();
  }

  #lack(first: OutboundFrame, last: OutboundFrame, count: number, cause: DiscardCause): void {
    if (this.#lacking === 0) this.#firstLacking.set(first);
    this.#lastLacking.set(last);
    this.#lacking += count;
    this.#cause = cause;
  }
}

/**
 * Tells one frame from all others of its rendition, also when its publisher sends it again. Of frames
 * without a number none is known again.
 */
class FrameMark {
  #seq: number | undefined;
  #timestamp = NaN;

  set({ frame }: OutboundFrame): void {
    this.#seq = frame.seq;
    this.#timestamp = frame.timestamp;
  }

  clear(): void {
    this.#seq = undefined;
  }

  get isSet(): boolean {
    return this.#seq !== undefined;
  }

  is({ frame }: OutboundFrame): boolean {
    return this.isSet && frame.seq === this.#seq && frame.timestamp === this.#timestamp;
  }

  /** Whether the frame came before it, or is it. */
  covers({ frame: { seq, timestamp } }: OutboundFrame): boolean {
    return timestamp <= this.#timestamp && (seq ?? Infinity) <= (this.#seq ?? -1);
  }

  /** How many frames of the GOP that the mark is in come before it, or up to it; 0 while unset. */
  countIn(gop: readonly OutboundFrame[], isIncluded: boolean): number {
    const last = (this.#seq ?? -1) - (isIncluded ? 0 : 1);
    const at = gop.findIndex(({ frame: { seq } }) => (seq ?? Infinity) > last);
    return at < 0 ? gop.length : at;
  }
}
