import { z } from "zod";
import { codecStringOf, nalUnitsOf } from "./access_unit.ts";
import {
  controlTypeOf,
  type IngestToProducerMessage,
  type ProducerMessage,
  type ViewerMessage,
} from "./control.ts";
import { ProtocolError, type ProtocolErrorCode } from "./errors.ts";
import { codecFamilyOf, type Frame, isJpeg } from "./frame.ts";
import { h265CodecStringOf, h265LengthBytes } from "./h265.ts";
import { jpegSize } from "./jpeg.ts";
import { MAX_DIMENSION_PX, MAX_REPORTED_FPS, MAX_REPORTED_LATENCY_MS } from "./limits.ts";

const bytes = z.instanceof(Uint8Array, { error: "expected binary data (MessagePack bin)" });
const pixels = z.int().min(1).max(MAX_DIMENSION_PX);
const name = z.string().min(1).max(32);
const MAX_WORDS_LENGTH = 500;
const words = z.string().max(MAX_WORDS_LENGTH);
const title = z.string().min(1).max(100);
const milliseconds = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const uint = z.int().min(0);
/** RFC 6381; of H.265 by ISO/IEC 14496-15, E.3. */
const CODEC =
  /^(jpeg|avc1\.[\da-fA-F]{6}|hvc1\.[ABC]?\d{1,2}\.[\da-fA-F]{1,8}\.[LH]\d{1,3}(\.[\da-fA-F]{1,2}){0,6})$/;

const frame = z.object({
  timestamp: uint,
  width: pixels,
  height: pixels,
  data: bytes,
  codec: z.string().regex(CODEC, {
    error: 'expected "jpeg", "avc1." and six hexadecimal digits, or as "hvc1.1.6.L93.B0"',
  }).exactOptional(),
  key: z.boolean().exactOptional(),
  seq: uint.exactOptional(),
  pts: z.int().exactOptional(),
  rendition: name.exactOptional(),
  config: bytes.exactOptional(),
});

const clockQuestion = z.object({ type: z.literal("clock"), t0: milliseconds });
const clockAnswer = clockQuestion.extend({ t1: milliseconds, t2: milliseconds });
const ack = z.object({
  type: z.literal("ack"),
  seq: uint,
  rendition: name.exactOptional(),
  undecoded: uint.exactOptional(),
});
const bye = z.object({ type: z.literal("bye"), code: name, reason: words });

const latencyMs = z.number().min(0).max(MAX_REPORTED_LATENCY_MS);
const latencyPercentiles = z.object({ p50: latencyMs, p95: latencyMs, p99: latencyMs }).refine(
  ({ p50, p95, p99 }) => p50 <= p95 && p95 <= p99,
  { error: "expected p50, p95 and p99 in rising order" },
);

const viewerMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    codecs: z.array(z.string().max(64)).max(32),
    maxKbps: z.number().positive().exactOptional(),
    maxFps: z.number().positive().exactOptional(),
    maxWidth: pixels.exactOptional(),
    maxHeight: pixels.exactOptional(),
  }),
  ack,
  z.object({ type: z.literal("pause") }),
  z.object({ type: z.literal("resume") }),
  z.object({ type: z.literal("select"), rendition: name }),
  clockQuestion,
  z.object({
    type: z.literal("report"),
    latencyMs: latencyPercentiles,
    fps: z.number().min(0).max(MAX_REPORTED_FPS),
  }),
]);

const producerMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    software: z.string().max(64),
    renditions: z.array(name).max(8),
    name: title.exactOptional(),
  }),
  z.object({
    type: z.literal("status"),
    state: z.enum(["live", "connecting", "failed"]),
    cause: words,
    standby: z.boolean().exactOptional(),
  }),
  z.object({ type: z.literal("replay"), rendition: name, untilSeq: uint }),
  clockAnswer,
  bye,
]);

const ingestToProducerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("demand"), renditions: z.array(name).max(8) }),
  clockQuestion,
  ack,
  bye,
]);

/**
 * A decoded message as a frame, every field checked, its data too: a JPEG must be whole and of the
 * size it is said to have, an access unit's lengths must add up. Unknown fields are left out.
 *
 * @throws {ProtocolError} `invalid_frame`, `invalid_jpeg` or `invalid_access_unit`
 */
export function parseFrame(message: unknown): Frame {
  if (typeof message === "object" && message !== null && "type" in message) {
    throw new ProtocolError("invalid_frame", "a map with a `type` is a control message");
  }
  const parsed = check(frame, message, "invalid_frame");
  assertData(parsed);
  return parsed;
}

/** A viewer's message, or `undefined` for a type this version does not know. */
export function parseViewerMessage(message: unknown): ViewerMessage | undefined {
  return parseControl(viewerMessage, message);
}

/** A producer's control message, or `undefined` for a type this version does not know. */
export function parseProducerMessage(message: unknown): ProducerMessage | undefined {
  return parseControl(producerMessage, message);
}

/** Ingest's message to a producer, or `undefined` for a type this version does not know. */
export function parseIngestToProducerMessage(
  message: unknown,
): IngestToProducerMessage | undefined {
  return parseControl(ingestToProducerMessage, message);
}

function parseControl<T>(
  schema: z.ZodDiscriminatedUnion<readonly z.ZodObject[]> & z.ZodType<T>,
  message: unknown,
): T | undefined {
  const type = controlTypeOf(message);
  if (type === undefined) {
    throw new ProtocolError("invalid_control", "expected a map with a `type`");
  }
  const known = schema.options.some((option) => option.shape["type"]?.safeParse(type).success);
  if (!known) return undefined;
  return check(schema, message, "invalid_control");
}

function check<T>(schema: z.ZodType<T>, message: unknown, code: ProtocolErrorCode): T {
  let parsed: z.ZodSafeParseResult<T>;
  try {
    parsed = schema.safeParse(message);
  } catch (cause) {
    // Zod compares the `length` of whatever has one; that of a map may be a map with a `toString`.
    throw new ProtocolError(code, "a field is of a kind that cannot be checked", { cause });
  }
  if (!parsed.success) throw new ProtocolError(code, explain(parsed.error));
  return parsed.data;
}

function assertData(frame: Frame): void {
  if (!isJpeg(frame)) {
    if (frame.data.byteLength === 0) {
      throw new ProtocolError("invalid_access_unit", "the access unit is empty");
    }
    for (const _nal of nalUnitsOf(frame.data));
    if (frame.key === true) assertConfiguration(frame);
    return;
  }
  const { width, height } = jpegSize(frame.data);
  if (width !== frame.width || height !== frame.height) {
    throw new ProtocolError(
      "invalid_jpeg",
      `the JPEG is ${width}x${height}, the frame says ${frame.width}x${frame.height}`,
    );
  }
}

/** Without it viewers have nothing to start a decoder with, and show nothing, for ever. */
function assertConfiguration({ codec = "", config }: Frame): void {
  if (config === undefined) {
    throw new ProtocolError("invalid_frame", "config: a keyframe of H.264 or H.265 carries it");
  }
  const isH265 = codecFamilyOf(codec) === "hvc1";
  const said = isH265 ? h265CodecStringOf(config) : codecStringOf(config);
  const lengthBytes = isH265 ? h265LengthBytes(config) : (config[4] ?? 0) % 4 + 1;
  if (lengthBytes !== 4 || said.toLowerCase() !== codec.toLowerCase()) {
    throw new ProtocolError(
      "invalid_access_unit",
      "config does not go with codec, or its NAL unit lengths are not of 4 bytes",
    );
  }
}

function explain(error: z.ZodError): string {
  return error.issues
    .map((issue) => issue.path.length ? `${issue.path.join(".")}: ${issue.message}` : issue.message)
    .join("; ")
    .slice(0, MAX_WORDS_LENGTH); // it travels on as the reason of a `bye`
}
