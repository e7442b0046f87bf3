import { type EncodedFrame, type Frame, MessageEncoder } from "@porthole/protocol";

/** Of a message, up to the end of its `seq`: all that a raw viewer looks at. */
export const FRAME_HEAD_BYTES = 23;

/** From here on every `seq` is a MessagePack uint 32, and so of one size. */
export const FIRST_SEQ = 100_000;

const NAL_LENGTH_BYTES = 4;
const NAL_IDR = 0x65;
const NAL_SLICE = 0x41;
/** MessagePack: the key `pts`, then the mark of a uint 64; the key `seq`, then that of a uint 32. */
const PTS = Uint8Array.of(0xa3, 0x70, 0x74, 0x73, 0xcf);
const SEQ = Uint8Array.of(0xa3, 0x73, 0x65, 0x71, 0xce);
const PTS_AT = 1;
const SENT_AT = PTS_AT + PTS.length;
const SEQ_KEY_AT = SENT_AT + 8;
const SEQ_AT = SEQ_KEY_AT + SEQ.length;

/** A decoder configuration of a usual size; what follows its head is not looked at. */
const CONFIG = Uint8Array.of(1, 0x64, 0x00, 0x1f, 0xff, ...new Uint8Array(35));

/**
 * Frames that look like H.264 to ingest: one NAL unit each, all of one size.
 *
 * `pts` is when the frame was sent, µs since the epoch, and it and `seq` come first, so that a
 * viewer that is to cost next to nothing finds them at fixed offsets. A map has no order
 * (MessagePack), so to everybody else it is a frame like any other.
 */
export class SyntheticFrames {
  readonly #encoder = new MessageEncoder();
  readonly #data: Uint8Array;
  readonly #fps: number;

  constructor({ fps, frameBytes }: { readonly fps: number; readonly frameBytes: number }) {
    this.#fps = fps;
    this.#data = new Uint8Array(frameBytes).fill(0x55);
    new DataView(this.#data.buffer).setUint32(0, frameBytes - NAL_LENGTH_BYTES);
  }

  /**
   * The frame of that number, counted from 0, a keyframe a second. The caller owns the bytes, the
   * message behind its length prefix; `frame.data` is good until the next call.
   */
  next(index: number, sentMs: number): EncodedFrame {
    const key = index % this.#fps === 0;
    this.#data[NAL_LENGTH_BYTES] = key ? NAL_IDR : NAL_SLICE;
    const frame: Frame = {
      pts: Math.round(sentMs * 1000),
      seq: FIRST_SEQ + index,
      timestamp: Math.round(sentMs),
      width: 1280,
      height: 720,
      codec: "avc1.64001f",
      key,
      rendition: "main",
      ...(key ? { config: CONFIG } : {}),
      data: this.#data,
    };
    return { frame, bytes: this.#encoder.encodePrefixed(frame) };
  }
}

/** Whether a message starts as the frames of {@link SyntheticFrames} do. */
export function isFrameHead(head: Uint8Array): boolean {
  return has(head, PTS, PTS_AT) && has(head, SEQ, SEQ_KEY_AT);
}

/** When the frame was sent, ms since the epoch. */
export function sentMsOf(head: Uint8Array): number {
  return (u32(head, SENT_AT) * 2 ** 32 + u32(head, SENT_AT + 4)) / 1000;
}

export function seqOf(head: Uint8Array): number {
  return u32(head, SEQ_AT);
}

/** By hand, for a `DataView` would be one a frame. */
function u32(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at; index < at + 4; index++) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

function has(bytes: Uint8Array, expected: Uint8Array, at: number): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}
