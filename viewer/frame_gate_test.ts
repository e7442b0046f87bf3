import assert from "node:assert/strict";
import type { Frame } from "@porthole/protocol";
import { FrameGate, MAX_DECODER_AGE_MS } from "./frame_gate.ts";

const IDLE = { bytes: 0, ageMs: 0 };
const LATE = { bytes: 1, ageMs: MAX_DECODER_AGE_MS + 1 };

function h264(seq: number, key = false, rendition = "main"): Frame {
  const codec = "avc1.42c01f";
  return { timestamp: 0, width: 2, height: 2, data: new Uint8Array(1), codec, key, seq, rendition };
}

Deno.test("playing begins with a keyframe", () => {
  const gate = new FrameGate();
  assert.equal(gate.admit(h264(1), IDLE), "unusable");
  assert.equal(gate.admit(h264(2, true), IDLE), "decode");
  assert.equal(gate.admit(h264(3), IDLE), "decode");
});

Deno.test("behind a gap only a keyframe passes", () => {
  const gate = new FrameGate();
  gate.admit(h264(1, true), IDLE);
  assert.equal(gate.admit(h264(3), IDLE), "unusable");
  assert.equal(gate.admit(h264(4), IDLE), "unusable");
  assert.equal(gate.admit(h264(9, true), IDLE), "decode");
  assert.equal(gate.admit(h264(10), IDLE), "decode");
});

Deno.test("another rendition begins with a keyframe although its numbers fit", () => {
  const gate = new FrameGate();
  gate.admit(h264(1, true, "main"), IDLE);
  assert.equal(gate.admit(h264(2, false, "low"), IDLE), "unusable");
  assert.equal(gate.admit(h264(3, true, "low"), IDLE), "decode");
});

Deno.test("a decoder that is too far behind loses the rest of the group, and that is told", () => {
  const gate = new FrameGate();
  gate.admit(h264(1, true), IDLE);
  assert.equal(gate.admit(h264(2), LATE), "behind");
  assert.equal(gate.admit(h264(3), IDLE), "behind");
  assert.equal(gate.admit(h264(4, true), LATE), "behind");
  assert.equal(gate.admit(h264(5, true), IDLE), "decode");
  assert.equal(gate.admit(h264(6), IDLE), "decode");
});

Deno.test("what is missing is not blamed on the decoder", () => {
  const gate = new FrameGate();
  assert.equal(gate.admit(h264(1), LATE), "unusable");
  gate.admit(h264(2, true), IDLE);
  assert.equal(gate.admit(h264(3), LATE), "behind");
  assert.equal(gate.admit(h264(9), LATE), "unusable");
  assert.equal(gate.admit(h264(10), IDLE), "unusable");
});

Deno.test("another rendition does not wait for what the decoder holds of the one before", () => {
  const gate = new FrameGate();
  gate.admit(h264(1, true, "main"), IDLE);
  assert.equal(gate.admit(h264(2, false, "main"), LATE), "behind");
  assert.equal(gate.admit(h264(9, true, "low"), LATE), "decode");
  assert.equal(gate.admit(h264(10, false, "low"), IDLE), "decode");
});

Deno.test("after a restart a keyframe passes whatever its number", () => {
  const gate = new FrameGate();
  gate.admit(h264(8, true), IDLE);
  gate.restart();
  assert.equal(gate.admit(h264(9), IDLE), "unusable");
  assert.equal(gate.admit(h264(1, true), IDLE), "decode");
  assert.equal(gate.admit(h264(2), IDLE), "decode");
});

Deno.test("JPEG passes across gaps and without numbers", () => {
  const gate = new FrameGate();
  const jpeg: Frame = { timestamp: 0, width: 2, height: 2, data: new Uint8Array(1) };
  assert.equal(gate.admit({ ...jpeg, seq: 1 }, IDLE), "decode");
  assert.equal(gate.admit({ ...jpeg, seq: 5 }, IDLE), "decode");
  assert.equal(gate.admit(jpeg, IDLE), "decode");
});
