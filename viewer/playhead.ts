/** What a playhead needs to know of a decoded picture. */
export interface Paintable {
  readonly seq: number | undefined;
  close(): void;
}

/**
 * Which decoded picture is painted next: the newest. One that is overtaken before it was painted is
 * closed and counted. Pictures of a replay are closed uncounted: they exist only so that the
 * last of them can be decoded. Pure.
 *
 * Owns the pictures it is offered until it hands them out.
 */
export class Playhead<P extends Paintable> {
  #next: P | undefined;
  #replayUntilSeq: number | undefined;
  #overtaken = 0;

  /** Pictures that were decoded and never painted because a newer one came first. */
  get overtaken(): number {
    return this.#overtaken;
  }

  /** Pictures waiting to be painted: 0 or 1. */
  get waiting(): number {
    return this.#next === undefined ? 0 : 1;
  }

  get isReplaying(): boolean {
    return this.#replayUntilSeq !== undefined;
  }

  /** Pictures before `untilSeq` are not to be painted. */
  beginReplay(untilSeq: number): void {
    this.#replayUntilSeq = untilSeq;
  }

  /** Whatever comes is to be painted. */
  endReplay(): void {
    this.#replayUntilSeq = undefined;
  }

  /** Whether there is now a picture to paint. */
  offer(picture: P): boolean {
    if (this.#isBeforeReplayEnd(picture)) {
      picture.close();
      return this.#next !== undefined;
    }
    this.#replayUntilSeq = undefined;
    if (this.#next !== undefined) {
      this.#next.close();
      this.#overtaken++;
    }
    this.#next = picture;
    return true;
  }

  /** The picture to paint now; the caller closes it. */
  take(): P | undefined {
    const picture = this.#next;
    this.#next = undefined;
    return picture;
  }

  /** Closes what waits: the viewer paused, or is going. */
  clear(): void {
    this.take()?.close();
    this.#replayUntilSeq = undefined;
  }

  #isBeforeReplayEnd(picture: P): boolean {
    return this.#replayUntilSeq !== undefined && picture.seq !== undefined &&
      picture.seq < this.#replayUntilSeq;
  }
}
