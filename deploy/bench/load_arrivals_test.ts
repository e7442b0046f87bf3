import assert from "node:assert/strict";
import { Arrivals } from "./load_arrivals.ts";

Deno.test("frames a second, the least of them, delays and gaps of a group", () => {
  const arrivals = new Arrivals(2);
  arrivals.start(1_000);
  for (const seq of [1, 2, 3, 4]) arrivals.add(0, seq, 1_000, 1_010);
  arrivals.add(1, 2, 1_000, 1_020);
  arrivals.add(1, 9, 1_000, 1_250.5);
  const report = arrivals.report(3_000);
  assert.deepEqual(report, {
    viewers: 2,
    fpsMean: 1.5,
    fpsMin: 1,
    p50Ms: 10,
    p95Ms: 250.5,
    p99Ms: 250.5,
    maxMs: 250.5,
    missing: 6,
  });
});

Deno.test("what came before the window is not counted, a gap at its start is", () => {
  const arrivals = new Arrivals(1);
  arrivals.add(0, 5, 0, 700);
  arrivals.add(0, 8, 0, 800);
  assert.equal(arrivals.viewersWithFrames, 1);
  arrivals.start(1_000);
  arrivals.add(0, 10, 1_000, 1_001);
  const { fpsMean, maxMs, missing } = arrivals.report(2_000);
  assert.deepEqual({ fpsMean, maxMs, missing }, { fpsMean: 1, maxMs: 1, missing: 1 });
});

Deno.test("a frame that comes twice, or after a later one, is an error", () => {
  const arrivals = new Arrivals(1);
  arrivals.add(0, 7, 0, 0);
  assert.throws(() => arrivals.add(0, 7, 0, 0), /frame 7 came after frame 7/);
  assert.throws(() => arrivals.add(0, 6, 0, 0), /frame 6 came after frame 7/);
});

Deno.test("a viewer without a frame shows in the minimum", () => {
  const arrivals = new Arrivals(2);
  arrivals.start(0);
  arrivals.add(0, 1, 0, 1);
  assert.equal(arrivals.report(1_000).fpsMin, 0);
  assert.equal(arrivals.viewersWithFrames, 1);
});
