import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ProtocolError } from "./errors.ts";
import { MAX_DIMENSION_PX } from "./limits.ts";
import {
  parseFrame,
  parseIngestToProducerMessage,
  parseProducerMessage,
  parseViewerMessage,
} from "./schema.ts";
import {
  frame,
  ingestToProducerMessage,
  producerMessage,
  viewerMessage,
} from "./testdata/arbitraries.ts";
import { DELTA_ACCESS_UNIT, FRAMES, TINY_JPEG } from "./testdata/messages.ts";

const PLAIN = { timestamp: 1, width: 16, height: 16, data: TINY_JPEG };
const FULL_H264 = {
  timestamp: 1,
  width: 32,
  height: 16,
  data: DELTA_ACCESS_UNIT,
  codec: "avc1.42c00a",
  key: false,
  seq: 1,
  pts: 1,
  rendition: "main",
  config: Uint8Array.of(1),
};
/** A value of a type that no field of a frame has. */
const WRONG = [[]];

function frameError(message: unknown): ProtocolError {
  return refusal(() => parseFrame(message));
}

function refusal(parse: () => unknown): ProtocolError {
  try {
    parse();
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "the message was accepted" });
}

Deno.test("the plain four fields are a frame", () => {
  assert.deepEqual(parseFrame(PLAIN), PLAIN);
});

Deno.test("each missing field of a frame is named", () => {
  for (const name of Object.keys(PLAIN)) {
    const error = frameError(Object.fromEntries(Object.entries(PLAIN).filter(([n]) => n !== name)));
    assert.equal(error.code, "invalid_frame");
    assert.match(error.message, new RegExp(`^${name}: `));
  }
});

Deno.test("each wrong field of a frame is named", () => {
  for (const name of Object.keys(FULL_H264)) {
    const error = frameError({ ...FULL_H264, [name]: WRONG });
    assert.equal(error.code, "invalid_frame");
    assert.match(error.message, new RegExp(`^${name}: `));
  }
});

Deno.test("all that is wrong with a frame is said at once", () => {
  const { message } = frameError({ timestamp: "now", width: 0, data: TINY_JPEG });
  assert.match(message, /timestamp: .*; width: .*; height: /);
});

Deno.test("however much is wrong, what is said of it fits into the reason of a bye", () => {
  const worst = { type: "hello", codecs: Array(32).fill(5) };
  const reason = refusal(() => parseViewerMessage(worst)).message;
  const bye = { type: "bye", code: "invalid_control", reason };
  assert.deepEqual(parseIngestToProducerMessage(bye), bye);
  assert.match(reason, /^codecs\.0: .*; codecs\.1: /);
});

Deno.test("what is not a map is no frame", () => {
  for (const message of [null, undefined, 7, "frame", [], [PLAIN], TINY_JPEG]) {
    assert.equal(frameError(message).code, "invalid_frame");
  }
});

Deno.test("widths and heights are 1 to MAX_DIMENSION_PX", () => {
  const h264 = { ...FULL_H264, width: 1, height: MAX_DIMENSION_PX };
  assert.deepEqual(parseFrame(h264), h264);
  for (const size of [0, -1, 1.5, MAX_DIMENSION_PX + 1, 1_000_000, NaN]) {
    assert.match(frameError({ ...FULL_H264, width: size }).message, /^width: /);
    assert.match(frameError({ ...FULL_H264, height: size }).message, /^height: /);
  }
});

Deno.test("unknown fields of a frame are left out, the others stay", () => {
  fc.assert(fc.property(frame, fc.anything(), (sent, extra) => {
    assert.deepEqual(parseFrame({ ...sent, "x-extra": extra }), sent);
  }));
});

Deno.test("a map with a type is no frame, whatever else it has", () => {
  const error = frameError({ ...PLAIN, type: "frame" });
  assert.equal(error.code, "invalid_frame");
  assert.match(error.message, /control message/);
});

Deno.test("an H.264 keyframe carries the configuration that its codec names", () => {
  const keyframe = FRAMES["H.264 keyframe"];
  assert.ok(keyframe?.config !== undefined);
  const { config, ...without } = keyframe;
  const shortLengths = config.slice();
  shortLengths[4] = 0xfd;
  assert.deepEqual(parseFrame(keyframe), keyframe);
  assert.equal(frameError(without).code, "invalid_frame");
  for (
    const wrong of [{ config: shortLengths }, { codec: "avc1.64001f" }, {
      config: config.slice(0, 6),
    }]
  ) {
    assert.equal(frameError({ ...keyframe, ...wrong }).code, "invalid_access_unit");
  }
});

Deno.test("an H.265 keyframe does, too", () => {
  const keyframe = FRAMES["H.265 keyframe"];
  assert.ok(keyframe?.config !== undefined);
  const { config, ...without } = keyframe;
  assert.deepEqual(parseFrame(keyframe), keyframe);
  assert.equal(frameError(without).code, "invalid_frame");
  const shortLengths = config.slice();
  shortLengths[21] = 0x0e;
  const avc = FRAMES["H.264 keyframe"];
  assert.ok(avc?.config !== undefined && avc.codec !== undefined);
  for (
    const wrong of [{ config: shortLengths }, { codec: "hvc1.1.6.L93.90" }, { codec: avc.codec }, {
      config: avc.config,
    }]
  ) {
    assert.equal(frameError({ ...keyframe, ...wrong }).code, "invalid_access_unit");
  }
});

Deno.test("JPEG data must be a whole JPEG of the frame's size", () => {
  const cases: [name: string, frame: object, said: RegExp][] = [
    ["not a JPEG", { ...PLAIN, data: DELTA_ACCESS_UNIT }, /does not start like a JPEG/],
    ["truncated", { ...PLAIN, data: TINY_JPEG.subarray(0, 200) }, /cut short/],
    ["other width", { ...PLAIN, width: 17 }, /the JPEG is 16x16, the frame says 17x16/],
    ["other height", { ...PLAIN, height: 15 }, /the JPEG is 16x16, the frame says 16x15/],
    ["said by codec", { ...PLAIN, codec: "jpeg", data: Uint8Array.of(1) }, /does not start/],
  ];
  for (const [name, message, said] of cases) {
    const error = frameError(message);
    assert.equal(error.code, "invalid_jpeg", name);
    assert.match(error.message, said, name);
  }
});

Deno.test("H.264 data must be AVCC whose lengths add up", () => {
  const withData = (hex: string) => ({ ...FULL_H264, data: Uint8Array.fromHex(hex) });
  for (const hex of ["", "00", "00000000", "00000002", "0000000241", "0000000141ff"]) {
    assert.equal(frameError(withData(hex)).code, "invalid_access_unit", hex);
  }
  assert.ok(parseFrame(withData("0000000141" + "0000000242ff")));
});

Deno.test("codecs are jpeg, or avc1 or hvc1 with profile, constraints and level", () => {
  for (const codec of ["avc1.64001f", "avc1.42C00A"]) {
    assert.ok(parseFrame({ ...FULL_H264, codec }));
  }
  for (const codec of ["hvc1.1.6.L93.B0", "hvc1.A2.4.H153", "hvc1.4.10.L180.9F.0.81.0.0.a"]) {
    assert.ok(parseFrame({ ...FULL_H264, codec }));
  }
  const others = ["hvc1", "hvc1.1.6.L93.", "hvc1.D1.6.L93", "hev1.1.6.L93", "HVC1.1.6.L93"];
  const same = ["", "avc1", "avc1.64001", "avc3.64001f", "JPEG", "avc1.64001f "];
  for (const codec of [...same, ...others]) {
    assert.match(
      frameError({ ...FULL_H264, codec }).message,
      /^codec: expected "jpeg", "avc1\."/,
    );
  }
});

const DIRECTIONS = [
  { name: "viewer", parse: parseViewerMessage, arbitrary: viewerMessage },
  { name: "producer", parse: parseProducerMessage, arbitrary: producerMessage },
  {
    name: "ingest to producer",
    parse: parseIngestToProducerMessage,
    arbitrary: ingestToProducerMessage,
  },
];

for (const { name, parse, arbitrary } of DIRECTIONS) {
  Deno.test(`${name}: valid messages pass, without the fields nobody knows`, () => {
    fc.assert(fc.property(arbitrary, fc.anything(), (sent, extra) => {
      assert.deepEqual(parse({ ...sent, "x-extra": extra }), sent);
    }));
  });

  Deno.test(`${name}: a type nobody knows is undefined, not an error`, () => {
    const unknown = fc.string().filter((type) =>
      !/^(hello|ack|pause|resume|select|clock|demand|status|replay|bye|report)$/.test(type)
    );
    fc.assert(fc.property(unknown, fc.anything(), (type, extra) => {
      assert.equal(parse({ type, extra }), undefined);
    }));
  });

  Deno.test(`${name}: a message without a type is refused`, () => {
    for (const message of [null, undefined, 5, "ack", [], {}, { type: 5 }, { type: null }, PLAIN]) {
      const error = refusal(() => parse(message));
      assert.equal(error.code, "invalid_control");
      assert.match(error.message, /a map with a `type`/);
    }
  });

  Deno.test(`${name}: each missing or wrong field is named`, () => {
    fc.assert(fc.property(arbitrary, fc.nat(), (sent, which) => {
      const fields = Object.keys(sent).filter((field) => field !== "type");
      const field = fields[which % fields.length];
      if (field === undefined) return; // pause and resume have none
      const error = refusal(() => parse({ ...sent, [field]: { wrong: true } }));
      assert.equal(error.code, "invalid_control");
      // Of a map the missing part of it is: `latencyMs.p50`.
      assert.match(error.message, new RegExp(`^${field}(\\.\\w+)?: `));
    }));
  });
}

Deno.test("a type of another direction is unknown in this one", () => {
  assert.equal(parseViewerMessage({ type: "demand", renditions: [] }), undefined);
  assert.equal(parseProducerMessage({ type: "pause" }), undefined);
  assert.equal(parseIngestToProducerMessage({ type: "status" }), undefined);
});

Deno.test("a missing field of each control message is named", () => {
  const cases: [parse: (message: unknown) => unknown, message: object, field: string][] = [
    [parseViewerMessage, { type: "hello" }, "codecs"],
    [parseViewerMessage, { type: "ack" }, "seq"],
    [parseViewerMessage, { type: "select" }, "rendition"],
    [parseViewerMessage, { type: "clock" }, "t0"],
    [parseProducerMessage, { type: "hello", renditions: [] }, "software"],
    [parseProducerMessage, { type: "hello", software: "x" }, "renditions"],
    [parseProducerMessage, { type: "status", cause: "" }, "state"],
    [parseProducerMessage, { type: "status", state: "live" }, "cause"],
    [parseProducerMessage, { type: "clock", t0: 1, t2: 1 }, "t1"],
    [parseProducerMessage, { type: "clock", t0: 1, t1: 1 }, "t2"],
    [parseIngestToProducerMessage, { type: "demand" }, "renditions"],
    [parseIngestToProducerMessage, { type: "bye", reason: "" }, "code"],
    [parseIngestToProducerMessage, { type: "bye", code: "x" }, "reason"],
  ];
  for (const [parse, message, field] of cases) {
    const error = refusal(() => parse(message));
    assert.equal(error.code, "invalid_control");
    assert.match(error.message, new RegExp(`^${field}: `), JSON.stringify(message));
  }
});

Deno.test("what a viewer says is bounded", () => {
  const hello = (fields: object) => ({ type: "hello", codecs: ["jpeg"], ...fields });
  const refused: [message: object, field: RegExp][] = [
    [hello({ codecs: Array(33).fill("jpeg") }), /^codecs: /],
    [hello({ codecs: ["x".repeat(65)] }), /^codecs\.0: /],
    [hello({ maxKbps: 0 }), /^maxKbps: /],
    [hello({ maxFps: Infinity }), /^maxFps: /],
    [hello({ maxWidth: MAX_DIMENSION_PX + 1 }), /^maxWidth: /],
    [{ type: "select", rendition: "" }, /^rendition: /],
    [{ type: "select", rendition: "x".repeat(33) }, /^rendition: /],
    [{ type: "ack", seq: 2 ** 53 }, /^seq: /],
    [{ type: "clock", t0: -1 }, /^t0: /],
  ];
  for (const [message, field] of refused) {
    assert.match(refusal(() => parseViewerMessage(message)).message, field);
  }
});

Deno.test("a map with a length that is no number is refused like any other", () => {
  const odd = { length: { toString: 1 } };
  for (const message of [{ type: "hello", codecs: odd }, { type: "select", rendition: odd }]) {
    assert.equal(refusal(() => parseViewerMessage(message)).code, "invalid_control");
  }
  const frame = { timestamp: 0, width: 16, height: 16, data: TINY_JPEG, rendition: odd };
  assert.equal(refusal(() => parseFrame(frame)).code, "invalid_frame");
});
