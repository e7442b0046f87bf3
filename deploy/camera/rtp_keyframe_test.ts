import assert from "node:assert/strict";
import { KeyframeDetector } from "./rtp_keyframe.ts";
import type { CameraCodec } from "./test_picture.ts";

const H264_SPS = [0x67, 0x42];
const H264_IDR = [0x65, 0x88];
const H264_DELTA = [0x41, 0x9a];
const H264_STAP_A = [0x18, 0, 2, ...H264_SPS, 0, 2, ...H264_IDR];
const H264_IDR_FRAGMENT_START = [0x7c, 0x85, 0x88];
const H264_IDR_FRAGMENT_END = [0x7c, 0x45, 0x88];
const H264_DELTA_FRAGMENT_START = [0x5c, 0x81, 0x9a];

const H265_VPS = [0x40, 0x01];
const H265_IDR = [0x26, 0x01];
const H265_DELTA = [0x02, 0x01];
const H265_AGGREGATE = [0x60, 0x01, 0, 2, ...H265_VPS];
const H265_IDR_FRAGMENT_START = [0x62, 0x01, 0x93];
const H265_DELTA_FRAGMENT_START = [0x62, 0x01, 0x81];

function rtp(timestamp: number, payload: readonly number[], header: readonly number[] = []) {
  const bytes = new Uint8Array([0x80, 96, ...new Array(10).fill(0), ...header, ...payload]);
  new DataView(bytes.buffer).setUint32(4, timestamp);
  return bytes;
}

function starts(codec: CameraCodec, packets: readonly (readonly [number, readonly number[]])[]) {
  const detector = new KeyframeDetector(codec);
  return packets.map(([timestamp, payload]) => detector.startsKeyframe(rtp(timestamp, payload)));
}

Deno.test("H.264: only the first packet of a keyframe starts it", () => {
  assert.deepEqual(
    starts("h264", [
      [1, H264_SPS],
      [1, H264_IDR],
      [2, H264_DELTA],
      [3, H264_STAP_A],
      [3, H264_IDR_FRAGMENT_START],
      [4, H264_IDR_FRAGMENT_START],
      [4, H264_IDR_FRAGMENT_END],
      [5, H264_DELTA_FRAGMENT_START],
      [6, H264_IDR],
      [6, H264_IDR],
    ]),
    [true, false, false, true, false, true, false, false, true, false],
  );
});

Deno.test("H.265: only the first packet of a keyframe starts it", () => {
  assert.deepEqual(
    starts("h265", [
      [1, H265_VPS],
      [1, H265_IDR],
      [2, H265_DELTA],
      [3, H265_AGGREGATE],
      [3, H265_IDR_FRAGMENT_START],
      [4, H265_IDR_FRAGMENT_START],
      [5, H265_DELTA_FRAGMENT_START],
      [6, H265_IDR],
    ]),
    [true, false, false, true, false, true, false, true],
  );
});

Deno.test("JPEG: every picture is a keyframe, from its first packet", () => {
  assert.deepEqual(starts("mjpeg", [[1, [0]], [1, [0]], [2, [0]]]), [true, false, true]);
});

Deno.test("contributing sources and a header extension are skipped", () => {
  const detector = new KeyframeDetector("h264");
  const extended = rtp(1, H264_SPS, [0, 0, 0, 1, 0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
  extended[0] = 0x80 | 0x10 | 1;
  assert.equal(detector.startsKeyframe(extended), true);
});

Deno.test("a packet too short to be RTP starts nothing", () => {
  const detector = new KeyframeDetector("h264");
  assert.equal(detector.startsKeyframe(new Uint8Array(11)), false);
  assert.equal(detector.startsKeyframe(rtp(1, [])), false);
});
