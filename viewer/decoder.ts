import { type Backlog, isJpeg, renditionOf } from "@porthole/protocol";
import { H264Decoder } from "./h264_decoder.ts";
import { JpegDecoder } from "./jpeg_decoder.ts";
import type { DecoderHandlers, ReceivedFrame } from "./picture.ts";

const NO_BACKLOG: Backlog = { bytes: 0, ageMs: 0 };

/**
 * Frames of either codec in, pictures out in their order. Another rendition starts clean: what was
 * inside of the one before is dropped.
 */
export class Decoder {
  readonly #h264: H264Decoder;
  readonly #jpeg: JpegDecoder;
  #rendition = "";
  #playsJpeg = false;

  constructor(handlers: DecoderHandlers) {
    this.#h264 = new H264Decoder(handlers);
    this.#jpeg = new JpegDecoder(handlers);
  }

  /** Frames inside, of which no picture has come out. */
  get frames(): number {
    return this.#h264.frames + this.#jpeg.frames;
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
    if (rendition !== this.#rendition) this.close();
    this.#rendition = rendition;
    this.#playsJpeg = isJpeg(received.frame);
    if (!this.#playsJpeg) return this.#h264.decode(received);
    this.#jpeg.decode(received);
    return true;
  }

  /** Drops what is inside; a keyframe may follow. Closing twice is fine. */
  close(): void {
    this.#h264.close();
    this.#jpeg.close();
  }
}
