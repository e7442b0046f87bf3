import * as fc from "fast-check";
import assert from "node:assert/strict";
import { Numbering } from "./numbering.ts";
import { h264Frame, jpegFrame } from "./testing/frames.ts";

const frameOf = (seq: number, timestamp = 1_000 + 33 * seq) => h264Frame(seq, true, { timestamp });

Deno.test("a step is as long as what is missing before it, plus one", () => {
  const numbering = new Numbering();
  const steps = [100, 101, 118, 119].map((seq) => numbering.advance(frameOf(seq)));
  assert.deepEqual(steps, [1, 1, 17, 1]);
});

Deno.test("what is sent again is no step, and what was missing may come with it", () => {
  const numbering = new Numbering();
  for (const seq of [10, 11, 12]) numbering.advance(frameOf(seq));
  const steps = [10, 11, 12, 13, 14].map((seq) => numbering.advance(frameOf(seq)));
  assert.deepEqual(steps, [0, 0, 0, 1, 1]);
});

Deno.test("a publisher that counts anew begins with a step of one", () => {
  const numbering = new Numbering();
  numbering.advance(frameOf(500));
  assert.equal(numbering.advance(frameOf(0, 60_000)), 1);
  assert.equal(numbering.advance(frameOf(1, 60_033)), 1);
});

Deno.test("without numbers nothing is known to be missing", () => {
  const numbering = new Numbering();
  assert.deepEqual([numbering.advance(jpegFrame()), numbering.advance(jpegFrame())], [1, 1]);
});

Deno.test("however a publisher discards and comes back, each of its numbers is counted once", () => {
  const runs = fc.array(fc.record({ gap: fc.nat(30), frames: fc.nat(20), again: fc.nat(9) }));
  fc.assert(fc.property(runs, (runs) => {
    const numbering = new Numbering();
    numbering.advance(frameOf(0));
    let newest = 0;
    let sum = 0;
    for (const { gap, frames, again } of runs) {
      const from = Math.max(0, newest - again);
      for (let seq = from; seq <= newest; seq++) sum += numbering.advance(frameOf(seq));
      newest += gap;
      for (let frame = 0; frame < frames; frame++) sum += numbering.advance(frameOf(++newest));
      // A gap is seen with the frame behind it.
      if (frames === 0) newest -= gap;
    }
    assert.equal(sum, newest);
  }));
});
