/**
 * Writes the golden vectors of this folder: `deno run -A protocol/testdata/make_vectors.ts`.
 *
 * Vectors are kept under version control and change only when the protocol does: a difference after
 * running this is a change other people's programs will see.
 */
import { fileURLToPath } from "node:url";
import { encode } from "@msgpack/msgpack";
import { MAX_MESSAGE_BYTES, MAX_MESSAGE_VALUES, MessageEncoder } from "../mod.ts";
import {
  DELTA_ACCESS_UNIT,
  FRAMES,
  H265_DECODER_CONFIGURATION,
  H265_KEYFRAME_ACCESS_UNIT,
  INGEST_TO_PRODUCER_MESSAGES,
  INGEST_TO_VIEWER_MESSAGES,
  PRODUCER_MESSAGES,
  TINY_JPEG,
  VIEWER_MESSAGES,
} from "./messages.ts";
import {
  type AcceptedVector,
  type Json,
  type RejectedVector,
  toJson,
  type Vector,
} from "./vector.ts";

function golden(messages: Readonly<Record<string, object>>): Vector[] {
  const encoder = new MessageEncoder();
  return Object.entries(messages).map(([name, message]) => ({
    name,
    message: toJson(message),
    bytes: encoder.encode(message).toHex(),
  }));
}

function hex(message: unknown): string {
  return encode(message).toHex();
}

const JPEG_FRAME = { timestamp: 1, width: 16, height: 16, data: TINY_JPEG };
const H264_FRAME = {
  timestamp: 1,
  width: 32,
  height: 16,
  data: DELTA_ACCESS_UNIT,
  codec: "avc1.42c00a",
};

const H265_KEYFRAME = {
  timestamp: 1,
  width: 64,
  height: 64,
  data: H265_KEYFRAME_ACCESS_UNIT,
  codec: "hvc1.1.6.L30.90",
  key: true,
  config: H265_DECODER_CONFIGURATION,
};

const { config: _config, ...withoutConfig } = H265_KEYFRAME;

function badFrame(name: string, message: unknown, code = "invalid_frame"): RejectedVector {
  return { name, as: "frame", bytes: hex(message), code };
}

function malformed(name: string, bytes: string, code = "malformed"): RejectedVector {
  return { name, as: "message", bytes, code };
}

/** Frames written by hand in forms that another encoder may choose. */
const SHORT_FRAME_TAIL = "a577696474681fa6686569676874" + "10";
const SHORT_FRAME_DATA = "a464617461c40800000004419a229c" + "a5636f646563ab617663312e343263303061";
const SHORT_FRAME: Json = {
  timestamp: 5,
  width: 31,
  height: 16,
  data: { $bin: "00000004419a229c" },
  codec: "avc1.42c00a",
};

const ACCEPTED: AcceptedVector[] = [
  {
    name: "timestamp as uint 64 though it fits in a fixint",
    as: "frame",
    message: SHORT_FRAME,
    bytes: "85a974696d657374616d70cf0000000000000005" + SHORT_FRAME_TAIL + SHORT_FRAME_DATA,
  },
  {
    name: "timestamp as float 64 of an integral value",
    as: "frame",
    message: SHORT_FRAME,
    bytes: "85a974696d657374616d70cb4014000000000000" + SHORT_FRAME_TAIL + SHORT_FRAME_DATA,
  },
  {
    name: "map 32, and a key as str 8",
    as: "frame",
    message: SHORT_FRAME,
    bytes: "df00000005d90974696d657374616d7005" + SHORT_FRAME_TAIL + SHORT_FRAME_DATA,
  },
  {
    name: "an unknown field of a frame, nested",
    as: "frame",
    message: SHORT_FRAME,
    bytes: "86a974696d657374616d7005" + SHORT_FRAME_TAIL + SHORT_FRAME_DATA +
      "a8646574656374656491a6706572736f6e",
  },
  {
    name: "an unknown field of a control message",
    as: "viewer message",
    message: { type: "pause" },
    bytes: hex({ type: "pause", because: "the tab is hidden" }),
  },
  {
    name: "an unknown type, to be ignored",
    as: "viewer message",
    message: null,
    bytes: hex({ type: "zoom", factor: 2 }),
  },
  {
    name: "an unknown type of a producer, to be ignored",
    as: "producer message",
    message: null,
    bytes: hex({ type: "audio", channels: 2 }),
  },
];

const REJECTED: RejectedVector[] = [
  malformed("nothing", ""),
  malformed("the byte that MessagePack never uses", "c1"),
  malformed("a str that is cut short", "a56162"),
  malformed("a map that lacks its last value", "82a16101a162"),
  malformed("a byte after the message", "8000"),
  malformed("an array 32 of 4 294 967 295 members", "ddffffffff"),
  malformed("a map 32 of 4 294 967 295 members", "dfffffffff"),
  malformed("a bin 32 of 4 294 967 295 bytes", "c6ffffffff00"),
  malformed("a str 32 of 4 294 967 295 bytes", "dbffffffff00"),
  malformed("an ext 32 of 4 294 967 295 bytes", "c9ffffffff0000"),
  malformed("an extension type (here the timestamp of MessagePack)", "81a174d6ff5f5e1000"),
  malformed("an extension type of no bytes", "c70000"),
  malformed("a map whose key is a map", "81800a"),
  malformed("a map whose key is __proto__", "81a95f5f70726f746f5f5f80"),
  malformed("arrays nine deep", "919191919191919190", "too_deep"),
  malformed("maps nine deep", "81a161".repeat(8) + "80", "too_deep"),
  malformed(
    "more values than are allowed",
    "dc" + MAX_MESSAGE_VALUES.toString(16).padStart(4, "0") + "c0".repeat(MAX_MESSAGE_VALUES),
    "too_large",
  ),
  badFrame("an empty map", {}),
  badFrame("an array", [1, 2, 3]),
  badFrame("a control message", { type: "pause" }),
  badFrame("a control message with the fields of a frame", { ...JPEG_FRAME, type: "picture" }),
  badFrame("no timestamp", { width: 16, height: 16, data: TINY_JPEG }),
  badFrame("timestamp with a fraction", { ...JPEG_FRAME, timestamp: 1.5 }),
  badFrame("timestamp below zero", { ...JPEG_FRAME, timestamp: -1 }),
  badFrame("timestamp over 2^53", { ...JPEG_FRAME, timestamp: 2 ** 60 }),
  badFrame("no width", { timestamp: 1, height: 16, data: TINY_JPEG }),
  badFrame("width 0", { ...JPEG_FRAME, width: 0 }),
  badFrame("width 1 000 000", { ...JPEG_FRAME, width: 1_000_000 }),
  badFrame("width as a str", { ...JPEG_FRAME, width: "16" }),
  badFrame("no height", { timestamp: 1, width: 16, data: TINY_JPEG }),
  badFrame("height 16 385", { ...JPEG_FRAME, height: 16_385 }),
  badFrame("no data", { timestamp: 1, width: 16, height: 16 }),
  badFrame("data as a str", { ...JPEG_FRAME, data: "not binary" }),
  badFrame("a codec nobody knows", { ...H264_FRAME, codec: "vp8" }),
  badFrame("an avc1 without its profile", { ...H264_FRAME, codec: "avc1" }),
  badFrame("an hvc1 without its profile", { ...H264_FRAME, codec: "hvc1" }),
  badFrame("an hev1, whose parameter sets would be in band", {
    ...H264_FRAME,
    codec: "hev1.1.6.L93.B0",
  }),
  badFrame("an H.265 keyframe without config", withoutConfig),
  badFrame("an H.265 keyframe of another level than it says", {
    ...H265_KEYFRAME,
    codec: "hvc1.1.6.L93.90",
  }, "invalid_access_unit"),
  badFrame("key as an int", { ...H264_FRAME, key: 1 }),
  badFrame("seq below zero", { ...H264_FRAME, seq: -1 }),
  badFrame("seq as nil", { ...H264_FRAME, seq: null }),
  badFrame("pts with a fraction", { ...H264_FRAME, pts: 0.5 }),
  badFrame("rendition empty", { ...H264_FRAME, rendition: "" }),
  badFrame("config as a str", { ...H264_FRAME, config: "0142c00a" }),
  badFrame("data that is not a JPEG", { ...JPEG_FRAME, data: DELTA_ACCESS_UNIT }, "invalid_jpeg"),
  badFrame("data that is empty", { ...JPEG_FRAME, data: new Uint8Array() }, "invalid_jpeg"),
  badFrame("a JPEG that is cut short", {
    ...JPEG_FRAME,
    data: TINY_JPEG.subarray(0, TINY_JPEG.byteLength - 2),
  }, "invalid_jpeg"),
  badFrame("a JPEG of another size", { ...JPEG_FRAME, width: 17 }, "invalid_jpeg"),
  badFrame("an access unit that is empty", {
    ...H264_FRAME,
    data: new Uint8Array(),
  }, "invalid_access_unit"),
  badFrame("an access unit with start codes (Annex B)", {
    ...H264_FRAME,
    data: Uint8Array.fromHex("00000001419a229c"),
  }, "invalid_access_unit"),
  badFrame("a NAL unit longer than the access unit", {
    ...H264_FRAME,
    data: Uint8Array.fromHex("00000005419a229c"),
  }, "invalid_access_unit"),
  badFrame("a NAL unit of length 0", {
    ...H264_FRAME,
    data: Uint8Array.fromHex("0000000000000004419a229c"),
  }, "invalid_access_unit"),
  { name: "a frame", as: "viewer message", bytes: hex(H264_FRAME), code: "invalid_control" },
  {
    name: "type as an int",
    as: "viewer message",
    bytes: hex({ type: 1 }),
    code: "invalid_control",
  },
  {
    name: "hello without codecs",
    as: "viewer message",
    bytes: hex({ type: "hello" }),
    code: "invalid_control",
  },
  {
    name: "report later than the latest there is",
    as: "viewer message",
    bytes: hex({ type: "report", latencyMs: { p50: 1, p95: 2, p99: 60_001 }, fps: 30 }),
    code: "invalid_control",
  },
  {
    name: "report whose percentiles fall",
    as: "viewer message",
    bytes: hex({ type: "report", latencyMs: { p50: 80, p95: 79, p99: 90 }, fps: 30 }),
    code: "invalid_control",
  },
  {
    name: "report of a latency that is no number",
    as: "viewer message",
    bytes: hex({ type: "report", latencyMs: { p50: NaN, p95: NaN, p99: NaN }, fps: 30 }),
    code: "invalid_control",
  },
  {
    name: "ack without seq",
    as: "viewer message",
    bytes: hex({ type: "ack" }),
    code: "invalid_control",
  },
  {
    name: "clock question with t0 as a str",
    as: "viewer message",
    bytes: hex({ type: "clock", t0: "now" }),
    code: "invalid_control",
  },
  {
    name: "clock answer without t2",
    as: "producer message",
    bytes: hex({ type: "clock", t0: 1, t1: 2 }),
    code: "invalid_control",
  },
  {
    name: "status of a state nobody knows",
    as: "producer message",
    bytes: hex({ type: "status", state: "sleepy", cause: "" }),
    code: "invalid_control",
  },
  {
    name: "demand of nine renditions",
    as: "message to a producer",
    bytes: hex({ type: "demand", renditions: Array(9).fill("low") }),
    code: "invalid_control",
  },
  { name: "a message of length 0", as: "live publish", bytes: "00000000", code: "malformed" },
  {
    name: "a length one over the limit",
    as: "live publish",
    bytes: (MAX_MESSAGE_BYTES + 1).toString(16).padStart(8, "0"),
    code: "too_large",
  },
  { name: "a length of 4 GB", as: "live publish", bytes: "ffffffff", code: "too_large" },
  { name: "an end inside a length", as: "live publish", bytes: "000000", code: "malformed" },
  { name: "an end inside a message", as: "live publish", bytes: "0000000281", code: "malformed" },
];

async function write(file: string, vectors: readonly object[]): Promise<void> {
  const path = new URL(file, import.meta.url);
  await Deno.writeTextFile(path, JSON.stringify(vectors));
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", fileURLToPath(path)],
  }).output();
  if (!success) throw new Error(`deno fmt failed on ${file}`);
}

if (import.meta.main) {
  await write("frames.json", golden(FRAMES));
  await write("viewer_messages.json", golden(VIEWER_MESSAGES));
  await write("messages_to_viewers.json", golden(INGEST_TO_VIEWER_MESSAGES));
  await write("producer_messages.json", golden(PRODUCER_MESSAGES));
  await write("messages_to_producers.json", golden(INGEST_TO_PRODUCER_MESSAGES));
  await write("accepted.json", ACCEPTED);
  await write("rejected.json", REJECTED);
}
