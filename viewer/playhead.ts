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

/**
 * Which decoded picture is painted next: the newest. One that is overtaken before it was painted is
 * closed and counted, and so is one of another rendition that was captured before what was painted
 * last: a change of quality never shows the past again. Within a rendition the decoder's order
 * holds. Pictures of a replay are closed uncounted. Pure.
 *
 * Owns the pictures it is offered until it hands them out.
 */
export class Playhead<P extends Paintable> {
  #next: P | undefined;
  #overtaken = 0;
  #paintedRendition = "";
  #paintedMs = Number.NEGATIVE_INFINITY;

  /** Pictures that were decoded and never painted because a newer one came first. */
  get overtaken(): number {
    return this.#overtaken;
  }

  /** Pictures waiting to be painted: 0 or 1. */
  get waiting(): number {
    return this.#next === undefined ? 0 : 1;
  }

  /** Whether there is now a picture to paint. */
  offer(picture: P): boolean {
    if (picture.isReplayed) {
      picture.close();
    } else if (this.#goesBack(picture)) {
      picture.close();
      this.#overtaken++;
    } else {
      this.#replaceNext(picture);
    }
    return this.#next !== undefined;
  }

  /** The picture to paint now; the caller closes it. */
  take(): P | undefined {
    const picture = this.#next;
    if (picture === undefined) return undefined;
    this.#next = undefined;
    this.#paintedRendition = picture.rendition;
    this.#paintedMs = picture.timestampMs;
    return picture;
  }

  /** Closes what waits: the viewer paused, or is going. What was painted still counts. */
  clear(): void {
    this.#next?.close();
    this.#next = undefined;
  }

  /** Another publisher stamps by another clock: times of before say nothing. */
  sourceRestarted(): void {
    this.#paintedMs = Number.NEGATIVE_INFINITY;
  }

  #replaceNext(picture: P): void {
    if (this.#next !== undefined) {
      this.#next.close();
      this.#overtaken++;
    }
    this.#next = picture;
  }

  #goesBack(picture: P): boolean {
    if (
      this.#next !== undefined && isBefore(picture, this.#next.rendition, this.#next.timestampMs)
    ) {
      return true;
    }
    return isBefore(picture, this.#paintedRendition, this.#paintedMs);
  }
}

function isBefore(picture: Paintable, rendition: string, timestampMs: number): boolean {
  const stepBackMs = timestampMs - picture.timestampMs;
  return picture.rendition !== rendition && stepBackMs > 0 && stepBackMs <= MAX_STEP_BACK_MS;
}
