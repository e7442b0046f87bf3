/** A frame that was handed to the media element. */
export interface PlacedFrame {
  readonly id: number;
  readonly key: boolean;
  readonly isReplayed: boolean;
  readonly presentUs: number;
  readonly placedAtMs: number;
}

/** Media times come as seconds, rounded. */
const ROUNDING_US = 100;
/** So much of the past stays in the buffer: removing is not free, and the current GOP must stay. */
export const KEPT_US = 10_000_000;

/** What is in the buffer of the media element and not shown yet, and where it can be cut. Pure. */
export class PlacedFrames {
  #waiting: PlacedFrame[] = [];
  #keyframesUs: number[] = [];

  /** Frames that were not shown yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(frame: PlacedFrame): void {
    this.#waiting.push(frame);
    if (frame.key) this.#keyframesUs.push(frame.presentUs);
  }

  /**
   * The frame that a media element shows at this time; it and all before it wait no longer.
   * `undefined` when it is one that was shown before.
   */
  shownAt(mediaUs: number): PlacedFrame | undefined {
    let shown: PlacedFrame | undefined;
    for (const frame of this.#waiting) {
      if (frame.presentUs > mediaUs + ROUNDING_US) continue;
      if (shown === undefined || frame.presentUs > shown.presentUs) shown = frame;
    }
    if (shown === undefined) return undefined;
    const { presentUs } = shown;
    this.#waiting = this.#waiting.filter((frame) => frame.presentUs > presentUs);
    return shown;
  }

  /** How long the oldest that is to be shown has been waiting for that. */
  lagMs(nowMs: number): number {
    const oldest = this.#waiting.find(({ isReplayed }) => !isReplayed);
    return oldest === undefined ? 0 : nowMs - oldest.placedAtMs;
  }

  /** What comes before is of no use any more: a keyframe with enough behind it; 0 for none. */
  cutUs(playheadUs: number, keptUs = KEPT_US): number {
    const isPast = (keyframeUs: number) => keyframeUs <= playheadUs - keptUs;
    const cutUs = this.#keyframesUs.findLast(isPast) ?? 0;
    const [firstUs = 0] = this.#keyframesUs;
    if (cutUs <= firstUs) return 0;
    this.#keyframesUs = this.#keyframesUs.filter((keyframeUs) => keyframeUs >= cutUs);
    return cutUs;
  }
}
