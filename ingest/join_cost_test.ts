import * as fc from "fast-check";
import assert from "node:assert/strict";
import { type Joinable, JoinCost, showsSooner } from "./join_cost.ts";
import { h264Frame, jpegFrame, outbound } from "./testing/frames.ts";

function countGop(cost: JoinCost, frames: number): void {
  for (let index = 0; index < frames; index++) cost.count(index === 0);
}

Deno.test("it is high from the 61st frame since a keyframe on, and in the GOP behind such a one", () => {
  const cost = new JoinCost();
  countGop(cost, 60);
  assert.equal(cost.isHigh(0), false);
  cost.count(false);
  assert.equal(cost.isHigh(1), true);
  countGop(cost, 1);
  assert.equal(cost.isHigh(1e6), true, "the next one may be as long");
});

Deno.test("keyframes that come often again make it low half a minute later", () => {
  const cost = new JoinCost();
  countGop(cost, 300);
  assert.equal(cost.isHigh(1_000), true);
  for (let gop = 0; gop < 2; gop++) countGop(cost, 30);
  assert.deepEqual([30_999, 31_000].map((atMs) => cost.isHigh(atMs)), [true, false]);
});

Deno.test("what was high stays so at a length that would not have made it high", () => {
  const cost = new JoinCost();
  countGop(cost, 61);
  for (let atMs = 0; atMs < 120_000; atMs += 500) {
    countGop(cost, 50);
    assert.equal(cost.isHigh(atMs), true);
  }
});

Deno.test("JPEGs, and a camera that sends a keyframe every two seconds, cost little for ever", () => {
  for (const frames of [1, 30, 50, 60]) {
    const cost = new JoinCost();
    for (let atMs = 0; atMs < 60_000; atMs += 500) {
      countGop(cost, frames);
      assert.equal(cost.isHigh(atMs), false);
    }
  }
});

Deno.test("however GOPs vary, it changes at most once in half a minute, and only for a reason", () => {
  const gops = fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 200 });
  fc.assert(fc.property(gops, (lengths) => {
    const cost = new JoinCost();
    let nowMs = 0;
    let wentHighMs: number | undefined;
    for (const length of lengths) {
      countGop(cost, length);
      nowMs += length * 33;
      const isHigh = cost.isHigh(nowMs);
      if (isHigh) wentHighMs ??= nowMs;
      else {
        if (wentHighMs !== undefined) assert.ok(nowMs - wentHighMs >= 30_000);
        assert.ok(length <= 60);
        wentHighMs = undefined;
      }
    }
  }));
});

/** A rendition whose GOP is so long. */
function joinable(frames: number, lastMs = 10_000): Joinable {
  const gop = Array.from({ length: frames }, (_, seq) => outbound(h264Frame(seq, seq === 0)));
  return { gop, hasFrames: true, lastMs };
}

const NOTHING_YET: Joinable = { gop: [], hasFrames: false, lastMs: undefined };

Deno.test("a GOP of more than 20 frames is shown later than a shorter one", () => {
  assert.equal(showsSooner(joinable(5), joinable(21)), true);
  assert.equal(showsSooner(joinable(5), joinable(20)), false, "it is there soon enough");
  assert.equal(showsSooner(joinable(30), joinable(25)), false, "it is there sooner");
  assert.equal(showsSooner(joinable(300), joinable(300)), false, "as long");
});

Deno.test("where the next keyframe has to be waited for anything is sooner; without frames nothing is", () => {
  assert.equal(showsSooner(joinable(30), joinable(0)), true);
  assert.equal(showsSooner(joinable(0), joinable(300)), false);
  assert.equal(showsSooner(joinable(30), NOTHING_YET), false);
  assert.equal(showsSooner(NOTHING_YET, joinable(300)), false);
});

Deno.test("what has not come for a second, or is no H.264, is not shown first", () => {
  assert.equal(showsSooner(joinable(30, 9_000), joinable(300)), true);
  assert.equal(showsSooner(joinable(30, 8_999), joinable(300)), false);
  const jpeg: Joinable = { gop: [outbound(jpegFrame())], hasFrames: true, lastMs: 10_000 };
  assert.equal(showsSooner(jpeg, joinable(300)), false);
});
