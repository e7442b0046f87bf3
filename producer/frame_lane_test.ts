import type { EncodedFrame } from "@porthole/protocol";
import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameLane } from "./frame_lane.ts";

const BOUNDS = { maxBytes: 1000, maxAgeMs: 500 };

function frame(seq: number, key: boolean, bytes = 100): EncodedFrame {
  const data = new Uint8Array(bytes);
  const codec = "avc1.42c00a";
  return { frame: { timestamp: 0, width: 2, height: 2, codec, key, seq, data }, bytes: data };
}

function takeAll(lane: FrameLane): number[] {
  const seqs: number[] = [];
  for (let next = lane.take(); next !== undefined; next = lane.take()) {
    seqs.push(next.frame.seq ?? NaN);
  }
  return seqs;
}

Deno.test("frames come out in order, from the first keyframe on", () => {
  const lane = new FrameLane({ bounds: BOUNDS });
  assert.deepEqual([0, 1, 2, 3].map((seq) => lane.offer(frame(seq, seq === 1), 0)), [
    false,
    true,
    true,
    true,
  ]);
  assert.deepEqual(takeAll(lane), [1, 2, 3]);
  assert.equal(lane.discarded, 1);
});

Deno.test("over its bytes, a lane gives up what waits and all up to a keyframe it has room for", () => {
  const lane = new FrameLane({ bounds: BOUNDS });
  for (let seq = 0; seq < 11; seq++) assert.ok(lane.offer(frame(seq, seq === 0), 0));
  assert.equal(lane.take()?.frame.seq, 0);
  assert.equal(lane.offer(frame(11, false), 0), false, "1100 bytes wait or are on their way");
  assert.deepEqual(takeAll(lane), []);
  assert.equal(lane.discarded, 11);
  assert.equal(lane.offer(frame(12, false), 0), false);
  assert.equal(lane.offer(frame(13, true), 0), true, "the 100 bytes in flight leave room");
  assert.deepEqual(takeAll(lane), [13]);
  assert.equal(lane.discarded, 12);
});

Deno.test("what waits too long is given up, a keyframe takes its place", () => {
  const lane = new FrameLane({ bounds: BOUNDS });
  lane.offer(frame(0, true), 0);
  lane.offer(frame(1, false), 500);
  lane.offer(frame(2, true), 501);
  assert.deepEqual(takeAll(lane), [2]);
  assert.equal(lane.discarded, 2);
});

Deno.test("what was taken counts from its offer until it is acknowledged", () => {
  const lane = new FrameLane({ bounds: BOUNDS });
  lane.offer(frame(0, true), 0);
  lane.offer(frame(1, false), 100);
  assert.deepEqual(takeAll(lane), [0, 1]);
  assert.equal(lane.offeredMs(0), 0);
  assert.equal(lane.ageMs(400), 400);
  lane.acknowledge(0);
  assert.equal(lane.offeredMs(0), undefined);
  assert.equal(lane.offeredMs(1), 100);
  assert.equal(lane.ageMs(400), 300);
  assert.equal(lane.offer(frame(2, false), 601), false, "frame 1 is 501 ms old");
  assert.equal(lane.offer(frame(3, true), 700), false);
  lane.acknowledge(1);
  assert.equal(lane.ageMs(9999), 0);
  assert.equal(lane.offer(frame(4, false), 701), false, "not before a keyframe");
  assert.equal(lane.offer(frame(5, true), 702), true);
});

Deno.test("a keyframe larger than every bound passes when nothing is on its way", () => {
  const lane = new FrameLane({ bounds: BOUNDS });
  assert.ok(lane.offer(frame(0, true, 5000), 0));
  assert.equal(lane.take()?.frame.seq, 0);
  lane.acknowledge(0);
  assert.ok(lane.offer(frame(1, false), 0));
});

Deno.test("of keyframes alone at most so many wait, the newest", () => {
  const lane = new FrameLane({ bounds: BOUNDS, maxWaiting: 2 });
  for (let seq = 0; seq < 5; seq++) assert.ok(lane.offer(frame(seq, true), 0));
  assert.deepEqual(takeAll(lane), [3, 4]);
  assert.equal(lane.discarded, 3);
  assert.ok(lane.offer(frame(5, true), 0), "what gave way does not count any more");
});

Deno.test("reset forgets everything: a new taker gets a keyframe first", () => {
  const lane = new FrameLane({ bounds: BOUNDS });
  for (let seq = 0; seq < 4; seq++) lane.offer(frame(seq, seq === 0), 0);
  lane.take();
  lane.reset();
  assert.deepEqual(takeAll(lane), []);
  assert.equal(lane.ageMs(9999), 0);
  assert.equal(lane.offer(frame(4, false), 9999), false);
  assert.equal(lane.offer(frame(5, true), 9999), true);
});

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("offer" as const), bytes: fc.nat(400) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("take" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("acknowledge" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(300) }) },
);
const steps = fc.array(step, { minLength: 10, maxLength: 300 });

Deno.test("whatever happens, what is taken decodes and what is held is bounded", () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 12 }), (steps, gopFrames) => {
      const lane = new FrameLane({ bounds: BOUNDS });
      let nowMs = 0;
      let offered = 0;
      let handedOver = 0;
      let lastTaken: number | undefined;
      let sentBytes = 0;
      let largestBytes = 0;
      const unacknowledged: number[] = [];
      for (const step of steps) {
        if (step.do === "wait") nowMs += step.ms;
        if (step.do === "offer") {
          lane.offer(frame(offered, offered % gopFrames === 0, step.bytes), nowMs);
          offered++;
          largestBytes = Math.max(largestBytes, step.bytes);
        }
        if (step.do === "take") {
          const taken = lane.take();
          if (taken === undefined) continue;
          const { key, seq = NaN } = taken.frame;
          assert.ok(key || lastTaken === seq - 1, `${seq} after ${lastTaken}`);
          assert.ok(lastTaken === undefined || seq > lastTaken);
          lastTaken = seq;
          handedOver++;
          unacknowledged.push(taken.bytes.byteLength);
          sentBytes += taken.bytes.byteLength;
        }
        if (step.do === "acknowledge" && lastTaken !== undefined) {
          lane.acknowledge(lastTaken);
          unacknowledged.length = 0;
          sentBytes = 0;
        }
        assert.ok(sentBytes <= BOUNDS.maxBytes + largestBytes, `${sentBytes} bytes in flight`);
      }
      const left = takeAll(lane).length;
      assert.equal(handedOver + left + lane.discarded, offered, "each is taken or counted");
    }),
    { numRuns: 300 },
  );
});
