import type { CameraCodec } from "./test_picture.ts";

const RTP_HEADER_BYTES = 12;

const H264_NAL = { idrSlice: 5, sps: 7, stapA: 24, fuA: 28 };
const H265_NAL = { firstIrap: 16, lastIrap: 21, vps: 32, sps: 33, aggregation: 48, fragment: 49 };

/**
 * Tells at which RTP packets of one stream a client may be let in, so that what it gets begins with
 * a keyframe and its parameter sets: RFC 6184 (H.264), RFC 7798 (H.265), RFC 2435 (JPEG).
 */
export class KeyframeDetector {
  readonly #codec: CameraCodec;
  #timestamp: number | undefined;

  constructor(codec: CameraCodec) {
    this.#codec = codec;
  }

  /** Whether `rtp`, the packet after the one given last, is the first of a keyframe. */
  startsKeyframe(rtp: Uint8Array): boolean {
    const timestamp = rtpTimestamp(rtp);
    const payload = rtpPayload(rtp);
    if (timestamp === undefined || payload === undefined) return false;
    const startsAccessUnit = timestamp !== this.#timestamp;
    this.#timestamp = timestamp;
    return startsAccessUnit && isOfKeyframe(payload, this.#codec);
  }
}

function rtpTimestamp(rtp: Uint8Array): number | undefined {
  if (rtp.length < RTP_HEADER_BYTES) return undefined;
  return new DataView(rtp.buffer, rtp.byteOffset).getUint32(4);
}

/** Without the header, its contributing sources and extension (RFC 3550, section 5.1). */
function rtpPayload(rtp: Uint8Array): Uint8Array | undefined {
  const flags = rtp[0] ?? 0;
  let start = RTP_HEADER_BYTES + 4 * (flags & 0x0f);
  if ((flags & 0x10) !== 0) {
    const [high = 0, low = 0] = rtp.subarray(start + 2, start + 4);
    start += 4 + 4 * (high * 256 + low);
  }
  return start < rtp.length ? rtp.subarray(start) : undefined;
}

function isOfKeyframe(payload: Uint8Array, codec: CameraCodec): boolean {
  switch (codec) {
    case "h264":
      return isOfH264Keyframe(payload);
    case "h265":
      return isOfH265Keyframe(payload);
    case "mjpeg":
      return true;
  }
}

function isOfH264Keyframe(payload: Uint8Array): boolean {
  const typeAt = (offset: number) => (payload[offset] ?? 0) & 0x1f;
  const isKey = (type: number) => type === H264_NAL.idrSlice || type === H264_NAL.sps;
  const type = typeAt(0);
  // STAP-A: one byte of its own, then 16 bits of length before each NAL unit.
  if (type === H264_NAL.stapA) return isKey(typeAt(3));
  if (type === H264_NAL.fuA) return isKey(typeAt(1));
  return isKey(type);
}

function isOfH265Keyframe(payload: Uint8Array): boolean {
  const typeAt = (offset: number) => ((payload[offset] ?? 0) >> 1) & 0x3f;
  const isKey = (type: number) =>
    (type >= H265_NAL.firstIrap && type <= H265_NAL.lastIrap) ||
    type === H265_NAL.vps || type === H265_NAL.sps;
  const type = typeAt(0);
  // Aggregation: two bytes of its own, then 16 bits of length before each NAL unit.
  if (type === H265_NAL.aggregation) return isKey(typeAt(4));
  if (type === H265_NAL.fragment) return isKey((payload[2] ?? 0) & 0x3f);
  return isKey(type);
}
