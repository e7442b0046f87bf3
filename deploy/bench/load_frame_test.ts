import { decodeMessage, MessageEncoder } from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";
import assert from "node:assert/strict";
import {
  FIRST_SEQ,
  FRAME_HEAD_BYTES,
  isFrameHead,
  sentMsOf,
  seqOf,
  SyntheticFrames,
} from "./load_frame.ts";
import { NaiveFrames } from "./naive_frames.mjs";

const SENT_MS = 1_760_000_000_067.125;
const PREFIX_BYTES = 4;

const frames = new SyntheticFrames({ fps: 30, frameBytes: 16_384 });

Deno.test("ingest takes the frames: a keyframe a second, the size asked for", () => {
  for (const index of [0, 1, 29, 30, 900]) {
    const message = frames.next(index, SENT_MS).bytes.subarray(PREFIX_BYTES);
    const frame = parseFrame(decodeMessage(message));
    assert.equal(frame.key, index % 30 === 0);
    assert.equal(frame.data.byteLength, 16_384);
    assert.equal(frame.seq, FIRST_SEQ + index);
    assert.equal(frame.pts, SENT_MS * 1000);
  }
});

Deno.test("the head alone says when a frame was sent, and its seq", () => {
  for (const index of [0, 1, 1_000_000]) {
    const message = frames.next(index, SENT_MS).bytes.subarray(PREFIX_BYTES);
    const head = message.subarray(0, FRAME_HEAD_BYTES);
    assert.equal(isFrameHead(head), true);
    assert.equal(sentMsOf(head), SENT_MS);
    assert.equal(seqOf(head), FIRST_SEQ + index);
  }
});

Deno.test("what ingest says besides has no such head", () => {
  const encoder = new MessageEncoder();
  const messages = [
    { type: "quality", rendition: "main", fps: 0, reason: "" },
    { type: "lagged", discarded: 7 },
    { pts: 1, seq: 1 },
    { pts: 2 ** 40, width: 1280, data: new Uint8Array(64) },
    {},
  ];
  for (const message of messages) assert.equal(isFrameHead(encoder.encode(message)), false);
});

Deno.test("the yardsticks' frames have the same head", () => {
  const naive = new NaiveFrames(64);
  const before = performance.timeOrigin + performance.now();
  const [first, second] = [naive.next(), naive.next()];
  assert.equal(first.byteLength, 64);
  assert.deepEqual([first, second].map(isFrameHead), [true, true]);
  assert.equal(seqOf(second), seqOf(first) + 1);
  const sentMs = sentMsOf(first);
  assert.ok(sentMs >= before - 0.01 && sentMs <= performance.timeOrigin + performance.now());
});
