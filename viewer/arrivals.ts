import { type Frame, isKeyframe, renditionOf } from "@porthole/protocol";

/**
 * `replayed`: old, and sent only so that a newer one can be decoded. `restarted`: the first of a
 * publisher that started again.
 */
export type Arrival = "live" | "replayed" | "restarted";

/**
 * What the numbers of the frames that arrive say. SPEC.md, "replay" and `seq`.
 *
 * Each rendition counts for itself: a smaller number after a change of rendition says nothing, and
 * a replay is of the rendition that it names, whatever still comes of another one before. Pure.
 */
export class Arrivals {
  #rendition = "";
  #seq: number | undefined;
  #replayedRendition = "";
  #replayUntilSeq: number | undefined;

  /** Frames of `rendition` before `untilSeq` are old. */
  beginReplay(rendition: string, untilSeq: number): void {
    this.#replayedRendition = rendition;
    this.#replayUntilSeq = untilSeq;
    // It may begin with frames that came before.
    if (rendition === this.#rendition) this.#seq = undefined;
  }

  /** Call for each frame, in the order they come. */
  arrived(frame: Frame): Arrival {
    const rendition = renditionOf(frame);
    const isOther = rendition !== this.#rendition;
    const isRestart = !isOther && isKeyframe(frame) && this.#isBehindLast(frame);
    const breaksReplayOff = isOther && this.#replayedRendition === this.#rendition;
    if (isRestart || breaksReplayOff) this.#replayUntilSeq = undefined;
    this.#rendition = rendition;
    this.#seq = frame.seq;
    if (isRestart) return "restarted";
    return this.#isReplayed(frame, rendition) ? "replayed" : "live";
  }

  /** Whatever comes is to be shown: a new connection, or playing begins again. */
  forget(): void {
    this.#rendition = "";
    this.#seq = undefined;
    this.#replayUntilSeq = undefined;
  }

  #isBehindLast({ seq }: Frame): boolean {
    return this.#seq !== undefined && seq !== undefined && seq <= this.#seq;
  }

  #isReplayed({ seq }: Frame, rendition: string): boolean {
    if (this.#replayUntilSeq === undefined || seq === undefined) return false;
    if (rendition !== this.#replayedRendition) return false;
    if (seq < this.#replayUntilSeq) return true;
    this.#replayUntilSeq = undefined;
    return false;
  }
}
