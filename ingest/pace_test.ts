import * as fc from "fast-check";
import assert from "node:assert/strict";
import { Pace } from "./pace.ts";

function passedOf(pace: Pace, timesMs: readonly number[]): number[] {
  return timesMs.filter((nowMs) => {
    if (!pace.admits(nowMs)) return false;
    pace.passed(nowMs);
    return true;
  });
}

const everyMs = (ms: number, count: number) => Array.from({ length: count }, (_, i) => i * ms);

Deno.test("without a limit all pass", () => {
  assert.equal(passedOf(new Pace(), everyMs(33, 100)).length, 100);
});

Deno.test("a limit is met over time, and never exceeded by more than one frame", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 60 }),
    fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 300 }),
    (maxFps, steps) => {
      const pace = new Pace();
      pace.maxFps = maxFps;
      let nowMs = 0;
      const times = steps.map((step) => nowMs += step);
      const passed = passedOf(pace, times);
      for (let from = 0; from < passed.length; from++) {
        for (let to = from + 1; to < passed.length; to++) {
          const spanMs = (passed[to] ?? 0) - (passed[from] ?? 0);
          assert.ok(to - from <= spanMs * maxFps / 1000 + 1.5, `${to - from + 1} in ${spanMs} ms`);
        }
      }
    },
  ));
});

Deno.test("half of the rate is every second frame, whatever the jitter", () => {
  const pace = new Pace();
  pace.maxFps = 15;
  const jittered = everyMs(1000 / 30, 300).map((ms, i) => ms + (i % 3 - 1) * 5);
  assert.ok(Math.abs(passedOf(pace, jittered).length - 150) <= 2);
});

Deno.test("a camera just at the limit loses nothing", () => {
  const pace = new Pace();
  pace.maxFps = 30;
  const jittered = everyMs(1000 / 30, 300).map((ms, i) => ms + (i % 3 - 1) * 5);
  assert.equal(passedOf(pace, jittered).length, 300);
});
