import { type Backlog, isJpeg, renditionOf } from "@porthole/protocol";
import { H264Decoder } from "./h264_decoder.ts";
import { JpegDecoder } from "./jpeg_decoder.ts";
import type { DecoderHandlers, ReceivedFrame } from "./picture.ts";

const NO_BACKLOG: Backlog = { bytes: 0, ageMs: 0 };
/** A decoder that is not through by then is not waited for, though its pictures may still come. */
const MAX_HELD_MS = 200;

/**
 * Frames of either codec in, pictures out in their order.
 *
 * Another rendition starts clean: what was inside of the one before is dropped. Where the other
 * begins with a replay, though, nothing of it is to be seen for a while: then the pictures of the
 * one before still come out, and first, for both decode on the same processor.
 */
export class Decoder {
  readonly #handlers: DecoderHandlers;
  readonly #jpeg: JpegDecoder;
  #h264: H264Decoder;
  /** Of the rendition before, while it is not through. */
  #outgoing: H264Decoder | undefined;
  /** What goes to `#h264` once `#outgoing` is through, or the timer has run out. */
  #held: ReceivedFrame[] = [];
  #holding: ReturnType<typeof setTimeout> | undefined;
  #rendition = "";
  #playsJpeg = false;

  constructor(handlers: DecoderHandlers) {
    this.#handlers = handlers;
    this.#h264 = this.#newH264();
    this.#jpeg = new JpegDecoder(handlers);
  }

  /** Frames inside, of which no picture has come out. */
  get frames(): number {
    const outgoing = this.#outgoing?.frames ?? 0;
    return outgoing + this.#held.length + this.#h264.frames + this.#jpeg.frames;
  }

  /** Frames dropped because a newer one came before they were decoded. */
  get overtaken(): number {
    return this.#jpeg.overtaken;
  }

  /** Whether the frame taken last was a JPEG. */
  get playsJpeg(): boolean {
    return this.#playsJpeg;
  }

  backlog(nowMs: number): Backlog {
    return this.#playsJpeg ? NO_BACKLOG : this.#h264.backlog(nowMs);
  }

  /** Whether the frame was taken. */
  decode(received: ReceivedFrame): boolean {
    const rendition = renditionOf(received.frame);
    const isOther = rendition !== this.#rendition;
    if (isOther) this.#changeOver(received);
    this.#rendition = rendition;
    this.#playsJpeg = isJpeg(received.frame);
    if (this.#playsJpeg) {
      this.#jpeg.decode(received);
      return true;
    }
    // The first one makes its decoder get ready meanwhile.
    if (this.#holding === undefined || isOther) return this.#h264.decode(received);
    this.#held.push(received);
    return true;
  }

  /** Drops what is inside; a keyframe may follow. Closing twice is fine. */
  close(): void {
    this.#held = [];
    this.#endOutgoing();
    this.#h264.close();
    this.#jpeg.close();
  }

  #changeOver({ isReplayed }: ReceivedFrame): void {
    if (!isReplayed || this.#h264.frames === 0) return this.close();
    this.#held = [];
    this.#endOutgoing();
    const outgoing = this.#h264;
    this.#outgoing = outgoing;
    this.#h264 = this.#newH264();
    this.#holding = setTimeout(() => this.#release(), MAX_HELD_MS);
    outgoing.finish().then(() => {
      if (outgoing === this.#outgoing) this.#endOutgoing();
    });
  }

  #newH264(): H264Decoder {
    const h264: H264Decoder = new H264Decoder({
      onPicture: (picture) => {
        this.#handlers.onPicture(picture);
        const isThrough = h264 === this.#outgoing && h264.frames === 0;
        const isSucceeded = h264 === this.#h264 && !picture.isReplayed;
        if (isThrough || isSucceeded) this.#endOutgoing();
      },
      onError: (error) => this.#handlers.onError(error),
      onUnsupported: (codec) => this.#handlers.onUnsupported(codec),
    });
    return h264;
  }

  /** What it has not given out by now is not going to be painted. */
  #endOutgoing(): void {
    this.#outgoing?.close();
    this.#outgoing = undefined;
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#holding);
    this.#holding = undefined;
    // One that fails may close all this.
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      this.#h264.decode(next);
    }
  }
}
