import type {
  Frame,
  IngestToProducerMessage,
  IngestToViewerMessage,
  ProducerMessage,
  ViewerMessage,
} from "../mod.ts";

/** The messages of the golden vectors, by name; each file of vectors is one of these. */
type Named<T> = Readonly<Record<string, T>>;

/** One whole JPEG of 16x16 px, made by FFmpeg's mjpeg encoder. */
export const TINY_JPEG: Uint8Array<ArrayBuffer> = Deno.readFileSync(
  new URL("tiny_16x16.jpg", import.meta.url),
);

/** 32x16 px, constrained baseline, level 1; by x264. */
export const DECODER_CONFIGURATION: Uint8Array<ArrayBuffer> = Uint8Array.fromHex(
  "0142c00affe100166742c00ada2ec044000003000400000300f23c489a8001000568ce013720",
);

/** An IDR picture that decodes with {@link DECODER_CONFIGURATION}, SEI left out. */
export const KEYFRAME_ACCESS_UNIT: Uint8Array<ArrayBuffer> = Uint8Array.fromHex(
  "000000826588843a0c60061f3f3019fd535099e6644cc9e4ce174d6ab2c29f0815761cc1e840c308888e18a1404d" +
    "b49fb847d1a6140264809fb73e407cae5d115905f00cef96db00c71c991df917d3b8e3ae998acc761ec7a367768" +
    "6da6371a51a2cb139a8d3381050c3024419194b1eb35c41cb37ce27ae37f82ca6a490e5691e8e17b3f63f",
);

/** The picture after it. */
export const DELTA_ACCESS_UNIT: Uint8Array<ArrayBuffer> = Uint8Array.fromHex("00000004419a229c");

/** 64x64 px, Main profile, level 1; by x265. */
export const H265_DECODER_CONFIGURATION: Uint8Array<ArrayBuffer> = Uint8Array.fromHex(
  "0101600000009000000000001ef000fcfdf8f800000f03a00001001840010c01ffff01600000030090000003000003" +
    "001e9a8090a10001002842010101600000030090000003000003001ea0208105966a9246daf016808000000300800" +
    "0000f04a2000100074401c172b62240",
);

/** An IDR picture that decodes with {@link H265_DECODER_CONFIGURATION}. */
export const H265_KEYFRAME_ACCESS_UNIT: Uint8Array<ArrayBuffer> = Uint8Array.fromHex(
  "0000006a2801af0658fe8f3a8b07d5ca9cc86c323a9a7ffa2b8aef055275dc86a8f74e28f7ba293115466568f6f751" +
    "79064d800e28415a25c40b74312d835c09c6edbd461a09fb57ae593949aa7d90d68b32ea8729edf14c00793d1dd3" +
    "2470be45b6caec5f5bb8f112951a106870",
);

/** The picture after it. */
export const H265_DELTA_ACCESS_UNIT: Uint8Array<ArrayBuffer> = Uint8Array.fromHex(
  "0000000b0201d0097e1120cbfe9cb0",
);

export const FRAMES: Named<Frame> = {
  "plain JPEG": { timestamp: 1_760_000_000_000, width: 16, height: 16, data: TINY_JPEG },
  "JPEG with every field": {
    timestamp: 1_760_000_000_033,
    width: 16,
    height: 16,
    data: TINY_JPEG,
    codec: "jpeg",
    key: true,
    seq: 70_000,
    pts: 2_333_310_000,
    rendition: "jpeg",
  },
  "H.264 keyframe": {
    timestamp: 1_760_000_000_067,
    width: 32,
    height: 16,
    data: KEYFRAME_ACCESS_UNIT,
    codec: "avc1.42c00a",
    key: true,
    seq: 0,
    pts: 0,
    rendition: "main",
    config: DECODER_CONFIGURATION,
  },
  "H.264 delta frame": {
    timestamp: 1_760_000_000_100,
    width: 32,
    height: 16,
    data: DELTA_ACCESS_UNIT,
    codec: "avc1.42c00a",
    key: false,
    seq: 1,
    pts: 33_333,
    rendition: "main",
  },
  "H.264 frame with a negative pts": {
    timestamp: 1_760_000_000_133,
    width: 32,
    height: 16,
    data: DELTA_ACCESS_UNIT,
    codec: "avc1.42c00a",
    key: false,
    seq: 2,
    pts: -33_333,
  },
  "H.265 keyframe": {
    timestamp: 1_760_000_000_167,
    width: 64,
    height: 64,
    data: H265_KEYFRAME_ACCESS_UNIT,
    codec: "hvc1.1.6.L30.90",
    key: true,
    seq: 0,
    pts: 0,
    rendition: "source",
    config: H265_DECODER_CONFIGURATION,
  },
  "H.265 delta frame": {
    timestamp: 1_760_000_000_200,
    width: 64,
    height: 64,
    data: H265_DELTA_ACCESS_UNIT,
    codec: "hvc1.1.6.L30.90",
    key: false,
    seq: 1,
    pts: 33_333,
    rendition: "source",
  },
};

export const VIEWER_MESSAGES: Named<ViewerMessage> = {
  "viewer hello": { type: "hello", codecs: ["avc1", "jpeg"] },
  "viewer hello with H.265": { type: "hello", codecs: ["hvc1", "avc1", "jpeg"] },
  "viewer hello with every field": {
    type: "hello",
    codecs: ["jpeg"],
    maxKbps: 2500,
    maxFps: 29.97,
    maxWidth: 1280,
    maxHeight: 720,
  },
  "viewer ack": { type: "ack", seq: 4_294_967_296 },
  "viewer ack of a rendition": { type: "ack", seq: 300, rendition: "low" },
  "pause": { type: "pause" },
  "resume": { type: "resume" },
  "select": { type: "select", rendition: "auto" },
  "clock question": { type: "clock", t0: 1_760_000_000_000.25 },
  "report": { type: "report", latencyMs: { p50: 61.5, p95: 84, p99: 131.25 }, fps: 29.5 },
};

export const INGEST_TO_VIEWER_MESSAGES: Named<IngestToViewerMessage> = {
  "stream, live": {
    type: "stream",
    info: {
      id: "front-door",
      renditions: [
        { name: "main", codec: "avc1.64001f", width: 1280, height: 720, fps: 30, kbps: 3000 },
        { name: "jpeg", codec: "jpeg", width: 1280, height: 720, fps: 29.97, kbps: 23_000 },
      ],
      clockOffsetMs: -12.5,
    },
    state: "live",
    cause: "",
  },
  "stream, stale": {
    type: "stream",
    info: { id: "default", renditions: [], clockOffsetMs: 0 },
    state: "stale",
    cause: "camera refused the user name or password",
    quietMs: 12_000.5,
  },
  "stream, offline": {
    type: "stream",
    info: { id: "default", renditions: [], clockOffsetMs: 0 },
    state: "offline",
    cause: "nobody has published – yet",
  },
  "stream, on standby": {
    type: "stream",
    info: { id: "garden", name: "Garden, behind the shed", renditions: [], clockOffsetMs: 0 },
    state: "stale",
    cause: "waking the camera",
    standby: true,
  },
  "quality": { type: "quality", rendition: "low", fps: 15, reason: "the link is slow" },
  "lagged": { type: "lagged", discarded: 30 },
  "replay": { type: "replay", rendition: "main", untilSeq: 1234 },
  "clock answer to a viewer": {
    type: "clock",
    t0: 1_760_000_000_000.25,
    t1: 1_760_000_000_004.5,
    t2: 1_760_000_000_004.75,
  },
  "clock answer to a viewer, with the uplink": {
    type: "clock",
    t0: 1_760_000_000_000,
    t1: 1_760_000_000_001,
    t2: 1_760_000_000_001,
    uplinkMs: 1.5,
  },
  "bye to a viewer": { type: "bye", code: "shutdown", reason: "the server is going down" },
};

export const PRODUCER_MESSAGES: Named<ProducerMessage> = {
  "producer hello": {
    type: "hello",
    software: "porthole-producer/0.1.0",
    renditions: ["low", "jpeg"],
  },
  "producer hello of a camera on demand": {
    type: "hello",
    software: "porthole-producer",
    renditions: ["main", "jpeg", "low"],
    name: "Garden, behind the shed",
  },
  "status, live": { type: "status", state: "live", cause: "" },
  "status, on standby": {
    type: "status",
    state: "connecting",
    cause: "waking the camera",
    standby: true,
  },
  "status, failed": {
    type: "status",
    state: "failed",
    cause: "the camera refuses the user or password (401)",
  },
  "replay of a producer": { type: "replay", rendition: "main", untilSeq: 65_536 },
  "clock answer of a producer": {
    type: "clock",
    t0: 1_760_000_000_000,
    t1: 1_760_000_000_001,
    t2: 1_760_000_000_002,
  },
  "bye of a producer": { type: "bye", code: "shutdown", reason: "asked to stop" },
};

export const INGEST_TO_PRODUCER_MESSAGES: Named<IngestToProducerMessage> = {
  "demand": { type: "demand", renditions: ["jpeg"] },
  "demand of nothing": { type: "demand", renditions: [] },
  "clock question to a producer": { type: "clock", t0: 1_760_000_000_000 },
  "ack to a producer": { type: "ack", seq: 255, rendition: "main" },
  "bye to a producer": { type: "bye", code: "invalid_frame", reason: "width: expected number" },
};
