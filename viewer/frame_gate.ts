import { type Backlog, DropPolicy, type Frame, isKeyframe, renditionOf } from "@porthole/protocol";

/**
 * The longest a frame may wait for the decoder. Ingest bounds the age of what is on the way; this
 * bounds what a slow decoder adds.
 */
export const MAX_DECODER_AGE_MS = 1000;

/**
 * `behind`: given up because the decoder is too slow, this frame or an earlier one of its GOP.
 * `unusable`: what it builds on never came.
 */
export type Admission = "decode" | "behind" | "unusable";

const NO_BACKLOG: Backlog = { bytes: 0, ageMs: 0 };

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
  #isBehind = false;

  admit(frame: Frame, decoderBacklog: Backlog): Admission {
    const rendition = renditionOf(frame);
    const isOther = rendition !== this.#rendition;
    if (isOther || this.#hasGapBefore(frame)) this.restart();
    this.#rendition = rendition;
    this.#seq = frame.seq;
    const key = isKeyframe(frame);
    const couldBeDecoded = key || !this.#policy.waitsForKeyframe;
    // What the decoder holds of another rendition is dropped for this one.
    const isAdmitted = this.#policy.admit(key, isOther ? NO_BACKLOG : decoderBacklog);
    if (couldBeDecoded) this.#isBehind = !isAdmitted;
    if (isAdmitted) return "decode";
    return this.#isBehind ? "behind" : "unusable";
  }

  /** Nothing passes before the next keyframe: the decoder lost what it had, or a replay begins. */
  restart(): void {
    this.#policy.restart();
    this.#seq = undefined;
    this.#isBehind = false;
  }

  #hasGapBefore(frame: Frame): boolean {
    return this.#seq !== undefined && frame.seq !== undefined && frame.seq !== this.#seq + 1;
  }
}
