/** A frame, as far as its place in time is concerned. */
export interface TimedFrame {
  readonly key: boolean;
  /** On the camera's clock. */
  readonly ptsUs: number;
  /** Decoded only so that a newer one can be. */
  readonly isReplayed: boolean;
}

/** Where a frame stands on the media timeline, µs. */
export interface Place {
  readonly decodeUs: number;
  readonly presentUs: number;
  /** Where to seek, so that what comes before it is decoded and not shown. */
  readonly seekToUs: number | undefined;
}

/**
 * How long a frame is said to last: longer than it will. Where frames are said to last too short a
 * time, a late one leaves a gap: the media would stop in front of it, and what follows it be refused
 * up to the next keyframe (Media Source Extensions, 3.5.8, step 6). The next frame cuts it short.
 */
export const FRAME_LASTS_US = 1_000_000;
/** Between two frames of which the first is overtaken at once. */
const LEAST_STEP_US = 500;
/**
 * For what is replayed, one frame {@link LEAST_STEP_US} behind the other: so much that none is said to
 * last until where is sought to, for it would show until the first live one is there; and, with what
 * the first live one waits, less than the two durations that would be a gap.
 */
const REPLAY_ROOM_US = 1_700_000;

/**
 * When frames are due, on the timeline of a media element: each as soon as it is there, by the
 * element's own clock. So nothing adds up, as it would with the camera's clock: neither by the
 * drift of one against the other nor by the stops of a media clock that ran out of frames, and there
 * is nothing to catch up with by another speed.
 *
 * A replay is put in front of where the element seeks to, which decodes it without showing it.
 * Frames that are decoded before others that are shown earlier (B-frames) keep their order. Pure.
 */
export class MediaTimeline {
  #decodeUs = 0;
  /** The two newest by presentation, for those that belong between them. */
  #newest: Anchor | undefined;
  #beforeNewest: Anchor | undefined;
  #replayEndsUs: number | undefined;

  /**
   * @param playheadUs where the media element is
   * @param waitUs how long the frame is to wait to be shown
   */
  place(frame: TimedFrame, playheadUs: number, waitUs: number): Place {
    const isFirst = this.#newest === undefined;
    const replayEndsUs = frame.isReplayed ? this.#beginReplay(playheadUs) : undefined;
    const earlier = this.#placeOfEarlier(frame);
    if (earlier !== undefined) {
      this.#decodeUs += 1;
      return { decodeUs: this.#decodeUs, presentUs: earlier, seekToUs: undefined };
    }
    const presentUs = this.#placeOfNewest(frame, playheadUs, waitUs);
    this.#beforeNewest = this.#newest;
    this.#newest = { ptsUs: frame.ptsUs, presentUs };
    this.#decodeUs = Math.max(this.#decodeUs + 1, presentUs);
    const seekToUs = replayEndsUs ?? (isFirst ? presentUs : undefined);
    return { decodeUs: this.#decodeUs, presentUs, seekToUs };
  }

  #beginReplay(playheadUs: number): number | undefined {
    if (this.#replayEndsUs !== undefined) return undefined;
    this.#replayEndsUs = Math.max(this.#soonestUs, playheadUs) + REPLAY_ROOM_US;
    return this.#replayEndsUs;
  }

  #placeOfNewest({ isReplayed }: TimedFrame, playheadUs: number, waitUs: number): number {
    if (isReplayed) {
      const beginUs = (this.#replayEndsUs ?? 0) - REPLAY_ROOM_US;
      return Math.max(this.#soonestUs, beginUs);
    }
    const endsUs = this.#replayEndsUs ?? 0;
    this.#replayEndsUs = undefined;
    return Math.max(this.#soonestUs, endsUs, Math.round(playheadUs + waitUs));
  }

  get #soonestUs(): number {
    return (this.#newest?.presentUs ?? 0) + LEAST_STEP_US;
  }

  /** A keyframe begins anew: the camera's clock may, too. */
  #placeOfEarlier({ key, ptsUs }: TimedFrame): number | undefined {
    const [before, newest] = [this.#beforeNewest, this.#newest];
    if (key || newest === undefined || ptsUs >= newest.ptsUs) return undefined;
    if (before === undefined || ptsUs <= before.ptsUs) return newest.presentUs - LEAST_STEP_US / 2;
    const part = (ptsUs - before.ptsUs) / (newest.ptsUs - before.ptsUs);
    return Math.round(before.presentUs + part * (newest.presentUs - before.presentUs));
  }
}

interface Anchor {
  readonly ptsUs: number;
  readonly presentUs: number;
}
