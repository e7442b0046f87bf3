import { epochNowMs, type Frame, renditionOf } from "@porthole/protocol";

/** A frame and how it came. */
export interface ReceivedFrame {
  readonly frame: Frame;
  /** When its message reached this viewer, ms since the epoch. */
  readonly receivedAtMs: number;
  /** Old, and sent only so that a newer one can be decoded. */
  readonly isReplayed: boolean;
}

/** A decoded picture and the frame it came from. Whoever holds it last closes it. */
export class Picture {
  /** When it came out of the decoder, ms since the epoch. */
  readonly decodedAtMs = epochNowMs();

  constructor(readonly image: VideoFrame | ImageBitmap, readonly source: ReceivedFrame) {}

  get rendition(): string {
    return renditionOf(this.source.frame);
  }

  get timestampMs(): number {
    return this.source.frame.timestamp;
  }

  get isReplayed(): boolean {
    return this.source.isReplayed;
  }

  /** As shown, with the pixel aspect ratio of the stream applied. */
  get widthPx(): number {
    return "displayWidth" in this.image ? this.image.displayWidth : this.image.width;
  }

  get heightPx(): number {
    return "displayHeight" in this.image ? this.image.displayHeight : this.image.height;
  }

  /** Gives the decoder its buffer back; a decoder stalls when too many are held. */
  close(): void {
    this.image.close();
  }
}

/** What a decoder makes of the frames it is given. */
export interface DecoderHandlers {
  /** The handler owns the picture. */
  onPicture(picture: Picture): void;
  /** Something could not be decoded; for H.264 nothing will be before the next keyframe. */
  onError(error: Error): void;
  /** This browser has no decoder for what the stream is in. */
  onUnsupported(codec: string): void;
}
