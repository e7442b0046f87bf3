import assert from "node:assert/strict";
import fc from "fast-check";
import { Smoother } from "./smoother.ts";

const FRAME_MS = 40;

Deno.test("without smoothing every picture is due as it comes", () => {
  const smoother = new Smoother(0);
  for (const nowMs of [5, 90, 91, 300]) assert.equal(smoother.dueMs(nowMs - 3, nowMs), nowMs);
});

Deno.test("pictures whose ways differ by less than the smoothing are due at even intervals", () => {
  const delays = fc.array(fc.integer({ min: 0, max: 95 }), { minLength: 20, maxLength: 200 });
  fc.assert(fc.property(delays, (delaysMs) => {
    const smoother = new Smoother(100);
    // The fastest first: from then on the way is known.
    const due = [0, ...delaysMs].map((delayMs, index) =>
      smoother.dueMs(index * FRAME_MS, 10_000 + index * FRAME_MS + delayMs)
    );
    due.slice(1).forEach((dueMs, index) => {
      const intervalMs = dueMs - (due[index] ?? 0);
      assert.ok(Math.abs(intervalMs - FRAME_MS) <= FRAME_MS * delaysMs.length * 0.01 + 1e-6);
    });
  }));
});

Deno.test("none is due before it is there, nor more than the smoothing later, come what may", () => {
  const step = fc.record({
    capturedMs: fc.integer({ min: -5000, max: 5000 }),
    passedMs: fc.nat(2000),
    smoothingMs: fc.constantFrom(0, 50, 200),
  });
  fc.assert(fc.property(fc.array(step), (steps) => {
    const smoother = new Smoother(200);
    let nowMs = 0;
    for (const { capturedMs, passedMs, smoothingMs } of steps) {
      nowMs += passedMs;
      smoother.smoothingMs = smoothingMs;
      const dueMs = smoother.dueMs(capturedMs, nowMs);
      assert.ok(dueMs >= nowMs && dueMs <= nowMs + smoothingMs + 1e-6, `${dueMs} at ${nowMs}`);
    }
  }));
});

Deno.test("a way that became shorter is caught up with at once, one that became longer is learnt", () => {
  const smoother = new Smoother(100);
  const waits = (from: number, frames: number, wayMs: number) =>
    Array.from({ length: frames }, (_, index) => {
      const capturedMs = (from + index) * FRAME_MS;
      return smoother.dueMs(capturedMs, capturedMs + wayMs) - capturedMs - wayMs;
    });
  assert.equal(waits(0, 10, 200).at(-1), 100);
  assert.equal(waits(10, 1, 50)[0], 100);
  const longer = waits(11, 500, 140);
  assert.ok((longer[0] ?? 99) < 15);
  assert.equal(longer.at(-1), 100);
});
