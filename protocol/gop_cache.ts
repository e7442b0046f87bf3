import type { Frame } from "./frame.ts";
import { isKeyframe } from "./frame.ts";
import { MAX_GOP_BYTES, MAX_GOP_FRAMES, MAX_GOP_MS } from "./limits.ts";

/** A frame with the bytes it travels as. Both are shared by all who hold it: never written to. */
export interface EncodedFrame {
  readonly frame: Frame;
  readonly bytes: Uint8Array;
}

/**
 * The current GOP of one rendition: what a receiver needs to show the newest picture at once.
 *
 * A GOP that outgrows its bounds is given up as a whole, for a part of it decodes to nothing; the
 * cache is then empty until the next keyframe.
 */
export class GopCache<F extends EncodedFrame = EncodedFrame> {
  #frames: F[] = [];
  #bytes = 0;

  constructor(readonly maxBytes: number = MAX_GOP_BYTES, readonly maxMs: number = MAX_GOP_MS) {}

  /** Oldest first, starting with a keyframe; empty when there is no whole GOP to offer. */
  get frames(): readonly F[] {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(encoded: F): void {
    if (isKeyframe(encoded.frame)) this.clear();
    else if (this.#frames.length === 0) return;
    this.#frames.push(encoded);
    this.#bytes += encoded.bytes.byteLength;
    const firstMs = this.#frames[0]?.frame.timestamp ?? 0;
    const isOver = this.#bytes > this.maxBytes || this.#frames.length > MAX_GOP_FRAMES ||
      encoded.frame.timestamp - firstMs > this.maxMs;
    if (isOver) this.clear();
  }

  clear(): void {
    // A new array: a reader may still be walking the old one.
    this.#frames = [];
    this.#bytes = 0;
  }
}
