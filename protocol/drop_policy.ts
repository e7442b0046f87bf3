/** What has been handed to a link and not been confirmed, when the next frame comes. */
export interface Backlog {
  readonly bytes: number;
  /** Age of the oldest unconfirmed frame, ms. */
  readonly ageMs: number;
}

export interface BacklogBounds {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/**
 * Which frames of one rendition a slow receiver loses. SPEC.md, "Discards".
 *
 * A receiver over its bounds loses everything up to the next keyframe it has room for, never a lone
 * delta frame: what is admitted always starts with a keyframe and has no gap inside a GOP. The
 * same rule serves the producer's uplink and every viewer. Pure: no clock, no socket.
 */
export class DropPolicy {
  #waitsForKeyframe = true;

  constructor(readonly bounds: BacklogBounds) {}

  /** Whether delta frames are of no use until a keyframe is admitted. */
  get waitsForKeyframe(): boolean {
    return this.#waitsForKeyframe;
  }

  /** Whether a frame may be handed over now. One that is not must never be handed over later. */
  admit(key: boolean, backlog: Backlog): boolean {
    if (this.isOver(backlog)) {
      this.#waitsForKeyframe = true;
      return false;
    }
    if (this.#waitsForKeyframe && !key) return false;
    this.#waitsForKeyframe = false;
    return true;
  }

  /** An empty link is never over its bounds, so a keyframe larger than them all still passes. */
  isOver({ bytes, ageMs }: Backlog): boolean {
    return bytes > 0 && (bytes > this.bounds.maxBytes || ageMs > this.bounds.maxAgeMs);
  }

  /** The receiver was given a whole GOP some other way: delta frames may follow. */
  begin(): void {
    this.#waitsForKeyframe = false;
  }

  /** Forgets what the receiver had: the next frame it gets must be a keyframe. */
  restart(): void {
    this.#waitsForKeyframe = true;
  }
}
