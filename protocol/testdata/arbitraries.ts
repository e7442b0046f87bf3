import * as fc from "fast-check";
import type {
  Frame,
  IngestToProducerMessage,
  IngestToViewerMessage,
  LatencyPercentiles,
  ProducerMessage,
  RenditionInfo,
  ViewerMessage,
} from "../mod.ts";
import { h265CodecStringOf, MAX_REPORTED_FPS, MAX_REPORTED_LATENCY_MS } from "../mod.ts";
import { TINY_JPEG } from "./messages.ts";

const uint = fc.maxSafeNat();
const pixels = fc.integer({ min: 1, max: 16_384 });
const name = fc.string({ unit: "binary", minLength: 1, maxLength: 8 });
const words = fc.string({ unit: "binary", maxLength: 30 });
const milliseconds = fc.double({ min: 0, max: 2 ** 45, noNaN: true });
const positive = fc.double({ min: 0.001, max: 1e6, noNaN: true });

export const binary: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.uint8Array({ maxLength: 600 })
  .map((array) => new Uint8Array(array));

/** Objects like those of literals; fast-check's own may lack a prototype. */
function record<T, K extends keyof T>(
  model: { [Name in keyof T]: fc.Arbitrary<T[Name]> },
  requiredKeys?: K[],
): fc.Arbitrary<fc.RecordValue<T, K>> {
  return fc.record<T, K>(model, { noNullPrototype: true, ...(requiredKeys && { requiredKeys }) });
}

/** MessagePack's ints know no -0, so an encoder that writes -0 as an int loses its sign. */
function positiveZero(value: number): number {
  return value + 0;
}

const nalUnit = fc.uint8Array({ minLength: 1, maxLength: 300 });

/** Access units in AVCC form, of 1 to 5 NAL units of arbitrary bytes, with those NAL units. */
export const accessUnit: fc.Arbitrary<{ nals: Uint8Array[]; bytes: Uint8Array<ArrayBuffer> }> = fc
  .array(nalUnit, { minLength: 1, maxLength: 5 })
  .map((nals) => ({ nals, bytes: joinNals(nals) }));

function joinNals(nals: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(nals.reduce((sum, nal) => sum + 4 + nal.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const nal of nals) {
    view.setUint32(offset, nal.byteLength);
    bytes.set(nal, offset + 4);
    offset += 4 + nal.byteLength;
  }
  return bytes;
}

const jpegFrame: fc.Arbitrary<Frame> = record({
  timestamp: uint,
  width: fc.constant(16),
  height: fc.constant(16),
  data: fc.constant(TINY_JPEG),
  codec: fc.constant("jpeg"),
  key: fc.constant(true),
  seq: uint,
  pts: fc.maxSafeInteger(),
  rendition: name,
}, ["timestamp", "width", "height", "data"]);

const anyH264Frame: fc.Arbitrary<Frame> = record({
  timestamp: uint,
  width: pixels,
  height: pixels,
  data: accessUnit.map(({ bytes }) => bytes),
  codec: fc.stringMatching(/^avc1\.[0-9a-f]{6}$/),
  key: fc.boolean(),
  seq: uint,
  pts: fc.maxSafeInteger(),
  rendition: name,
  config: binary,
}, ["timestamp", "width", "height", "data", "codec"]);

/** A keyframe carries the decoder configuration that its codec names. */
const h264Frame = anyH264Frame.map((frame): Frame => {
  if (frame.key !== true) return frame;
  const profileAndLevel = Uint8Array.fromHex((frame.codec ?? "").slice("avc1.".length));
  return { ...frame, config: Uint8Array.of(1, ...profileAndLevel, 0xff, 0xe0, 0) };
});

const byte = fc.nat({ max: 255 });

/** A keyframe's configuration, and the codec that it names: both of bytes that may be any. */
const h265Codec = fc.tuple(fc.array(byte, { minLength: 12, maxLength: 12 })).map(([bytes]) => {
  const config = Uint8Array.of(1, ...bytes, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 0);
  return { config, codec: h265CodecStringOf(config) };
});

const h265Frame = fc.tuple(anyH264Frame, h265Codec).map(([frame, { config, codec }]): Frame =>
  frame.key === true ? { ...frame, codec, config } : { ...frame, codec }
);

/** Valid frames of all codecs, with and without their optional fields. */
export const frame: fc.Arbitrary<Frame> = fc.oneof(jpegFrame, h264Frame, h265Frame);

const clockQuestion = record({ type: fc.constant("clock" as const), t0: milliseconds });
const clockAnswer = record({
  type: fc.constant("clock" as const),
  t0: milliseconds,
  t1: milliseconds,
  t2: milliseconds,
});
const ack = record(
  { type: fc.constant("ack" as const), seq: uint, rendition: name },
  ["type", "seq"],
);
const bye = record({ type: fc.constant("bye" as const), code: name, reason: words });

const fps = fc.double({ min: 0, max: MAX_REPORTED_FPS, noNaN: true }).map(positiveZero);
const latencyMs = fc.double({ min: 0, max: MAX_REPORTED_LATENCY_MS, noNaN: true })
  .map(positiveZero);
const latencyPercentiles: fc.Arbitrary<LatencyPercentiles> = fc.tuple(
  latencyMs,
  latencyMs,
  latencyMs,
).map((values) => {
  const [p50 = 0, p95 = 0, p99 = 0] = values.sort((a, b) => a - b);
  return { p50, p95, p99 };
});

export const viewerMessage: fc.Arbitrary<ViewerMessage> = fc.oneof(
  record({
    type: fc.constant("hello" as const),
    codecs: fc.array(words, { maxLength: 4 }),
    maxKbps: positive,
    maxFps: positive,
    maxWidth: pixels,
    maxHeight: pixels,
  }, ["type", "codecs"]),
  ack,
  fc.constant({ type: "pause" as const }),
  fc.constant({ type: "resume" as const }),
  record({ type: fc.constant("select" as const), rendition: name }),
  clockQuestion,
  record({ type: fc.constant("report" as const), latencyMs: latencyPercentiles, fps }),
);

const replay = record({
  type: fc.constant("replay" as const),
  rendition: name,
  untilSeq: uint,
});

const rendition: fc.Arbitrary<RenditionInfo> = record({
  name,
  codec: words,
  width: pixels,
  height: pixels,
  fps: positive,
  kbps: positive,
});

export const ingestToViewerMessage: fc.Arbitrary<IngestToViewerMessage> = fc.oneof(
  record({
    type: fc.constant("stream" as const),
    info: record({
      id: name,
      renditions: fc.array(rendition, { maxLength: 4 }),
      clockOffsetMs: fc.double({ noNaN: true, noDefaultInfinity: true }).map(positiveZero),
    }),
    state: fc.constantFrom("live" as const, "stale" as const, "offline" as const),
    cause: words,
  }),
  record({
    type: fc.constant("quality" as const),
    rendition: name,
    fps: positive,
    reason: words,
  }),
  record({ type: fc.constant("lagged" as const), discarded: uint }),
  replay,
  clockAnswer,
  bye,
);

export const producerMessage: fc.Arbitrary<ProducerMessage> = fc.oneof(
  record({
    type: fc.constant("hello" as const),
    software: words,
    renditions: fc.array(name, { maxLength: 8 }),
    name,
  }, ["type", "software", "renditions"]),
  record({
    type: fc.constant("status" as const),
    state: fc.constantFrom("live" as const, "connecting" as const, "failed" as const),
    cause: words,
    standby: fc.boolean(),
  }, ["type", "state", "cause"]),
  replay,
  clockAnswer,
  bye,
);

export const ingestToProducerMessage: fc.Arbitrary<IngestToProducerMessage> = fc.oneof(
  record({
    type: fc.constant("demand" as const),
    renditions: fc.array(name, { maxLength: 8 }),
  }),
  clockQuestion,
  ack,
  bye,
);

/** `bytes` in pieces cut at arbitrary places, empty pieces among them. */
export function chunksOf(bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  return fc.array(fc.nat({ max: bytes.byteLength }), { maxLength: 12 }).map((cuts) => {
    const edges = [0, ...cuts.sort((a, b) => a - b), bytes.byteLength];
    return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
  });
}

/** One byte array of all `parts` in their order. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}
