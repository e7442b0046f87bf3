import { MAX_MESSAGE_BYTES } from "@porthole/protocol";
import { ByteQueue } from "./byte_queue.ts";

/** What a video tag holds. Buffers belong to whoever gets them. */
export type FlvVideo =
  /** AVCDecoderConfigurationRecord */
  | { readonly kind: "configuration"; readonly config: Uint8Array<ArrayBuffer> }
  /** One access unit in AVCC form; `ptsMs` counts from the start of the stream. */
  | {
    readonly kind: "access-unit";
    readonly data: Uint8Array<ArrayBuffer>;
    readonly key: boolean;
    readonly ptsMs: number;
  };

/** The bytes are not FLV, or a tag in it is larger than any access unit may be. */
export class FlvError extends Error {
  override readonly name = "FlvError";
}

/** The video in the FLV is not H.264. */
export class NotH264Error extends Error {
  override readonly name = "NotH264Error";

  constructor(message: string, readonly isH265 = false) {
    super(message);
  }
}

const FILE_HEADER_BYTES = 9;
/** The size of the tag before, then the tag's own header: so a tag ends with its last byte. */
const PREVIOUS_TAG_SIZE_BYTES = 4;
const TAG_HEADER_BYTES = PREVIOUS_TAG_SIZE_BYTES + 11;
const VIDEO_HEADER_BYTES = 5;
const TAG_VIDEO = 9;
const FRAME_KEY = 1;
const CODEC_AVC = 7;
const PACKET_CONFIGURATION = 0;
const PACKET_NAL_UNITS = 1;
/** Set by the enhanced FLV that carries H.265 and AV1 behind a FourCC. */
const EXTENDED_HEADER = 0x80;
/** `hvc1`, as FFmpeg writes it since 6.1. */
const FOURCC_H265 = 0x68766331;
/**
 * FLV counts ms in 32 bits, signed, and FFmpeg (5.1 at least) keeps the sign clear: its timestamps
 * start again after 2^31 ms, 25 days. Whoever uses all 32 bits is understood just as well.
 */
const TIMESTAMP_PERIOD = 2 ** 31;

/**
 * Cuts FLV bytes into H.264 access units, each as soon as its last byte is there (Adobe Flash
 * Video File Format v10.1, annex E). Lengths come first in FLV, so no access unit waits for the
 * next one to end it. Audio and script tags are stepped over.
 */
export class FlvDemuxer {
  readonly #bytes = new ByteQueue();
  #headerSeen = false;
  #lastTimestamp = 0;
  #timestampWraps = 0;

  /** What it has set aside for what is not complete yet; {@link ByteQueue} says how it is bounded. */
  get heldBytes(): number {
    return this.#bytes.heldBytes;
  }

  /** @throws {FlvError | NotH264Error} after which the demuxer must not be used again */
  *push(chunk: Uint8Array): Generator<FlvVideo> {
    this.#bytes.push(chunk);
    if (!this.#headerSeen && !this.#readFileHeader()) return;
    while (true) {
      const header = this.#bytes.peek(TAG_HEADER_BYTES);
      if (header === undefined) return;
      const payloadBytes = uint24(header, PREVIOUS_TAG_SIZE_BYTES + 1);
      if (payloadBytes > MAX_MESSAGE_BYTES) {
        throw new FlvError(
          `a tag of ${payloadBytes} bytes, at most ${MAX_MESSAGE_BYTES} make sense`,
        );
      }
      const tagBytes = TAG_HEADER_BYTES + payloadBytes;
      const tag = this.#bytes.peek(tagBytes);
      if (tag === undefined) return;
      const isVideo = (tag.getUint8(PREVIOUS_TAG_SIZE_BYTES) & 0x1f) === TAG_VIDEO;
      if (isVideo && payloadBytes >= VIDEO_HEADER_BYTES) {
        const video = this.#readVideo(tag, payloadBytes);
        if (video !== undefined) yield video;
      } else {
        this.#bytes.skip(tagBytes);
      }
    }
  }

  #readFileHeader(): boolean {
    const header = this.#bytes.peek(FILE_HEADER_BYTES);
    if (header === undefined) return false;
    if (uint24(header, 0) !== 0x464c56) throw new FlvError('the bytes do not start with "FLV"');
    this.#bytes.skip(header.byteLength);
    this.#headerSeen = true;
    return true;
  }

  /** Takes the tag. */
  #readVideo(tag: DataView, payloadBytes: number): FlvVideo | undefined {
    const first = tag.getUint8(TAG_HEADER_BYTES);
    if ((first & EXTENDED_HEADER) !== 0) {
      const isH265 = tag.getUint32(TAG_HEADER_BYTES + 1) === FOURCC_H265;
      throw new NotH264Error(`the camera's video is ${isH265 ? "H.265" : "not H.264"}`, isH265);
    }
    if ((first & 0x0f) !== CODEC_AVC) throw new NotH264Error("the camera's video is not H.264");
    const dtsMs = this.#unwrap(timestampOf(tag));
    const packetType = tag.getUint8(TAG_HEADER_BYTES + 1);
    const compositionMs = int24(tag, TAG_HEADER_BYTES + 2);
    this.#bytes.skip(TAG_HEADER_BYTES + VIDEO_HEADER_BYTES);
    const data = this.#bytes.take(payloadBytes - VIDEO_HEADER_BYTES);
    if (packetType === PACKET_CONFIGURATION) return { kind: "configuration", config: data };
    if (packetType !== PACKET_NAL_UNITS || data.byteLength === 0) return undefined;
    const key = first >> 4 === FRAME_KEY;
    return { kind: "access-unit", data, key, ptsMs: dtsMs + compositionMs };
  }

  /** The ms of a timestamp that starts again and again. */
  #unwrap(timestamp: number): number {
    const inPeriod = timestamp % TIMESTAMP_PERIOD;
    if (inPeriod < this.#lastTimestamp - TIMESTAMP_PERIOD / 2) this.#timestampWraps++;
    this.#lastTimestamp = inPeriod;
    return inPeriod + this.#timestampWraps * TIMESTAMP_PERIOD;
  }
}

/** 24 bits, then the upper 8. */
function timestampOf(tag: DataView): number {
  return uint24(tag, PREVIOUS_TAG_SIZE_BYTES + 4) +
    tag.getUint8(PREVIOUS_TAG_SIZE_BYTES + 7) * 2 ** 24;
}

function uint24(view: DataView, offset: number): number {
  return view.getUint16(offset) * 256 + view.getUint8(offset + 2);
}

function int24(view: DataView, offset: number): number {
  return view.getInt8(offset) * 65_536 + view.getUint16(offset + 1);
}
