import { type Backlog, codecFamilyOf, codecOf, isKeyframe } from "@porthole/protocol";
import { type DecoderHandlers, Picture, type ReceivedFrame } from "./picture.ts";

const NO_BACKLOG: Backlog = { bytes: 0, ageMs: 0 };
/** A decoder that is not through with a replay by then is not going to be: it queues no more. */
const MAX_REPLAY_DECODE_MS = 10_000;

/**
 * H.264 or H.265 by WebCodecs, configured anew when a keyframe brings another codec string or decoder
 * configuration. After an error nothing decodes before the next keyframe.
 *
 * @see https://www.w3.org/TR/webcodecs-avc-codec-registration/
 * @see https://www.w3.org/TR/webcodecs-hevc-codec-registration/
 */
export class H264Decoder {
  readonly #handlers: DecoderHandlers;
  readonly #inDecoder = new Map<number, ReceivedFrame>();
  #decoder: VideoDecoder | undefined;
  #codec = "";
  #config: Uint8Array | undefined;
  #lastTimestampUs = Number.NEGATIVE_INFINITY;
  #replayingUntilMs = Number.NEGATIVE_INFINITY;
  #isFinishing = false;

  constructor(handlers: DecoderHandlers) {
    this.#handlers = handlers;
  }

  /** Frames handed over whose pictures have not come out. */
  get frames(): number {
    return this.#inDecoder.size;
  }

  /**
   * What waits for the decoder. Frames it holds only to put pictures in order are no backlog: then
   * its queue is empty. Neither is a replay, which has to be decoded whole; for what comes behind it
   * the waiting begins when it is through.
   */
  backlog(nowMs: number): Backlog {
    let bytes = 0;
    let oldestAtMs = nowMs;
    if (this.#decoder !== undefined && this.#decoder.decodeQueueSize > 0) {
      for (const { frame, receivedAtMs, isReplayed } of this.#inDecoder.values()) {
        if (isReplayed && nowMs - receivedAtMs < MAX_REPLAY_DECODE_MS) {
          this.#replayingUntilMs = nowMs;
          return NO_BACKLOG;
        }
        bytes += frame.data.byteLength;
        oldestAtMs = Math.min(oldestAtMs, receivedAtMs);
      }
    }
    return { bytes, ageMs: nowMs - Math.max(oldestAtMs, this.#replayingUntilMs) };
  }

  /** Whether the frame was taken; a frame without a configured decoder is not. */
  decode(received: ReceivedFrame): boolean {
    const { frame } = received;
    const key = isKeyframe(frame);
    const timestampUs = frame.pts ?? frame.timestamp * 1000;
    try {
      if (key) this.#configureFor(received, timestampUs);
      if (this.#decoder === undefined) return false;
      this.#inDecoder.set(timestampUs, received);
      this.#lastTimestampUs = timestampUs;
      this.#decoder.decode(
        new EncodedVideoChunk({
          type: key ? "key" : "delta",
          timestamp: timestampUs,
          data: frame.data,
        }),
      );
      return true;
    } catch (cause) {
      this.#fail(cause);
      return false;
    }
  }

  /**
   * No frame follows: the pictures of those inside still come out, then it closes by itself. Errors
   * are of no interest any more, and not told.
   *
   * @returns when it is closed; never rejects
   */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    const close = () => this.close();
    // Closed before that, by an error too, it says so by a rejection.
    await this.#decoder?.flush().then(close, close);
  }

  /** Drops what is inside. Closing twice is fine. */
  close(): void {
    if (this.#decoder !== undefined && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = undefined;
    this.#config = undefined;
    this.#inDecoder.clear();
    this.#lastTimestampUs = Number.NEGATIVE_INFINITY;
  }

  #configureFor({ frame }: ReceivedFrame, timestampUs: number): void {
    const codec = codecOf(frame);
    const config = frame.config ?? this.#config;
    if (config === undefined) return;
    // A camera that started over counts from zero: pictures of before would be put in order behind.
    const startsOver = timestampUs <= this.#lastTimestampUs;
    const isSame = codec === this.#codec && sameBytes(config, this.#config);
    if (this.#decoder !== undefined && isSame && !startsOver) return;
    this.close();
    const decoder = new VideoDecoder({
      output: (image) => this.#output(decoder, image),
      error: (cause) => {
        if (this.#decoder === decoder) this.#fail(cause);
      },
    });
    const settings: VideoDecoderConfig = { codec, description: config, optimizeForLatency: true };
    decoder.configure(settings);
    this.#decoder = decoder;
    // A copy: the message that the view belongs to is let go.
    this.#config = config.slice();
    if (codec !== this.#codec) this.#checkSupport(settings);
    this.#codec = codec;
  }

  /** Beside the decoding, not before it: the first picture does not wait for the answer. */
  #checkSupport(settings: VideoDecoderConfig): void {
    VideoDecoder.isConfigSupported(settings).then(
      ({ supported }) => {
        if (supported === false) this.#handlers.onUnsupported(settings.codec);
      },
      (cause) => this.#fail(cause),
    );
  }

  #output(decoder: VideoDecoder, image: VideoFrame): void {
    const received = decoder === this.#decoder ? this.#inDecoder.get(image.timestamp) : undefined;
    if (received === undefined) {
      image.close();
      return;
    }
    // Pictures come out in the order of their timestamps: one that was passed over never comes.
    for (const timestampUs of this.#inDecoder.keys()) {
      if (timestampUs <= image.timestamp) this.#inDecoder.delete(timestampUs);
    }
    this.#handlers.onPicture(new Picture(image, received));
  }

  #fail(cause: unknown): void {
    this.close();
    if (this.#isFinishing) return;
    const name = codecFamilyOf(this.#codec) === "hvc1" ? "H.265" : "H.264";
    this.#handlers.onError(new Error(`the ${name} decoder failed`, { cause }));
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.byteLength === b.byteLength &&
    a.every((byte, index) => byte === b[index]);
}
