import { type Backlog, DropPolicy, type Frame, isKeyframe, renditionOf } from "@porthole/protocol";

/**
 * The longest a frame may wait for the decoder. Ingest bounds the age of what is on the way; this
 * bounds what a slow decoder adds. It leaves room for the GOP a viewer starts with.
 */
export const MAX_DECODER_AGE_MS = 1000;

/**
 * Which received frames go to the decoder: from a keyframe on, without gaps, and none while the
 * decoder is too far behind. A delta frame behind a gap would paint garbage, so it waits for the
 * next keyframe like everything else. Pure.
 */
export class FrameGate {
  readonly #policy = new DropPolicy({
    maxBytes: Number.POSITIVE_INFINITY,
    maxAgeMs: MAX_DECODER_AGE_MS,
  });
  #rendition: string | undefined;
  #seq: number | undefined;

  admit(frame: Frame, decoderBacklog: Backlog): boolean {
    const rendition = renditionOf(frame);
    if (rendition !== this.#rendition || this.#hasGapBefore(frame)) this.#policy.restart();
    this.#rendition = rendition;
    this.#seq = frame.seq;
    return this.#policy.admit(isKeyframe(frame), decoderBacklog);
  }

  /** Nothing passes before the next keyframe: the decoder lost what it had, or a replay begins. */
  restart(): void {
    this.#policy.restart();
    this.#seq = undefined;
  }

  #hasGapBefore(frame: Frame): boolean {
    return this.#seq !== undefined && frame.seq !== undefined && frame.seq !== this.#seq + 1;
  }
}
