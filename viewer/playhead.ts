/** What a playhead needs to know of a decoded picture. */
export interface Paintable {
  readonly rendition: string;
  /** When it was captured, ms on the publisher's clock. */
  readonly timestampMs: number;
  /** Decoded only so that a newer one can be. */
  readonly isReplayed: boolean;
  close(): void;
}

/**
 * An encoder is never this far behind another one of the same camera: what is even older was
 * stamped by another clock, and waiting for that one to catch up would stop the picture.
 */
export const MAX_STEP_BACK_MS = 10_000;

/** Decoders have few pictures to give, and stop while all of them are held. */
export const MAX_WAITING = 12;

interface Waiting<P> {
  readonly picture: P;
  readonly dueMs: number;
}

/**
 * Which decoded picture is painted next: the newest that is due. One that is overtaken before it was
 * painted is closed and counted, and so is one of another rendition that was captured before what
 * was painted last: a change of quality never shows the past again. Within a rendition the decoder's
 * order holds. Pictures of a replay are closed uncounted. Pure.
 *
 * Owns the pictures it is offered until it hands them out.
 */
export class Playhead<P extends Paintable> {
  #waiting: Waiting<P>[] = [];
  #overtaken = 0;
  #paintedRendition = "";
  #paintedMs = Number.NEGATIVE_INFINITY;

  /** Pictures that were decoded and never painted because a newer one came first. */
  get overtaken(): number {
    return this.#overtaken;
  }

  /** Pictures waiting to be painted, at most {@link MAX_WAITING}; one unless they are to wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Whether there is now a picture to paint, if not yet.
   *
   * @param dueMs when it is to be painted; at once by default
   */
  offer(picture: P, dueMs: number = Number.NEGATIVE_INFINITY): boolean {
    if (picture.isReplayed) {
      picture.close();
    } else if (this.#goesBack(picture)) {
      picture.close();
      this.#overtaken++;
    } else {
      this.#line({ picture, dueMs });
    }
    return this.#waiting.length > 0;
  }

  /** The newest picture that is due by then; the caller closes it. */
  take(nowMs: number = Number.POSITIVE_INFINITY): P | undefined {
    const index = this.#waiting.findLastIndex(({ dueMs }) => dueMs <= nowMs);
    const picture = this.#waiting[index]?.picture;
    if (picture === undefined) return undefined;
    this.#overtake(this.#waiting.splice(0, index + 1).slice(0, -1));
    this.#paintedRendition = picture.rendition;
    this.#paintedMs = picture.timestampMs;
    return picture;
  }

  /** Closes what waits: the viewer paused, or is going. What was painted still counts. */
  clear(): void {
    for (const { picture } of this.#waiting.splice(0)) picture.close();
  }

  /** Another publisher stamps by another clock: times of before say nothing. */
  sourceRestarted(): void {
    this.#paintedMs = Number.NEGATIVE_INFINITY;
  }

  /** Those that would be painted no earlier than it are overtaken now: decoders want them back. */
  #line(newest: Waiting<P>): void {
    const isFirst = ({ dueMs }: Waiting<P>) => dueMs < newest.dueMs;
    this.#overtake(this.#waiting.splice(this.#waiting.findLastIndex(isFirst) + 1));
    if (this.#waiting.length === MAX_WAITING) this.#overtake(this.#waiting.splice(0, 1));
    this.#waiting.push(newest);
  }

  #overtake(overtaken: readonly Waiting<P>[]): void {
    for (const { picture } of overtaken) picture.close();
    this.#overtaken += overtaken.length;
  }

  #goesBack(picture: P): boolean {
    // Any of those that wait may be the one painted before it: the others may yet be overtaken.
    return this.#waiting.some(({ picture: { rendition, timestampMs } }) =>
      isBefore(picture, rendition, timestampMs)
    ) || isBefore(picture, this.#paintedRendition, this.#paintedMs);
  }
}

function isBefore(picture: Paintable, rendition: string, timestampMs: number): boolean {
  const stepBackMs = timestampMs - picture.timestampMs;
  return picture.rendition !== rendition && stepBackMs > 0 && stepBackMs <= MAX_STEP_BACK_MS;
}
