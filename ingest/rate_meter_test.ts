import * as fc from "fast-check";
import assert from "node:assert/strict";
import { RateMeter } from "./rate_meter.ts";

const NOW_MS = 1_760_000_000_000;
/** One frame more or less falls into a window of two seconds. */
const TOLERANCE_FPS = 0.5;

function feed(meter: RateMeter, fps: number, fromMs: number, forMs: number, bytes = 1000): number {
  const intervalMs = 1000 / fps;
  let atMs = fromMs;
  while (atMs < fromMs + forMs) {
    meter.count(bytes, atMs);
    atMs += intervalMs;
  }
  return atMs - intervalMs;
}

Deno.test("steady input is measured right, whatever its phase and the time of asking", () => {
  fc.assert(fc.property(
    fc.double({ min: 2, max: 120, noNaN: true }),
    fc.double({ min: 0, max: 10_000, noNaN: true }),
    fc.double({ min: 2_500, max: 9_000, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (fps, phaseMs, forMs, askAfter) => {
      const meter = new RateMeter();
      const lastMs = feed(meter, fps, NOW_MS + phaseMs, forMs);
      const measured = meter.fps(lastMs + askAfter * 1000 / fps);
      assert.ok(Math.abs(measured - fps) <= TOLERANCE_FPS + 1e-6, `${measured} for ${fps}`);
    },
  ));
});

Deno.test("kbps is what the bytes come to", () => {
  const meter = new RateMeter();
  const lastMs = feed(meter, 30, NOW_MS, 5_000, 12_500);
  assert.ok(Math.abs(meter.kbps(lastMs) - 3_000) < 60, String(meter.kbps(lastMs)));
});

Deno.test("it starts from nothing and is near the truth within a second", () => {
  const meter = new RateMeter();
  assert.equal(meter.fps(NOW_MS), 0);
  meter.count(1000, NOW_MS);
  assert.equal(meter.fps(NOW_MS), 0, "one frame is no rate");
  const lastMs = feed(meter, 30, NOW_MS + 33, 1_000);
  assert.ok(Math.abs(meter.fps(lastMs) - 30) < 2, String(meter.fps(lastMs)));
});

Deno.test("silence brings it to nothing, also after days", () => {
  const meter = new RateMeter();
  const lastMs = feed(meter, 30, NOW_MS, 3_000);
  const halfway = meter.fps(lastMs + 1_000);
  assert.ok(halfway > 10 && halfway < 20, String(halfway));
  assert.equal(meter.fps(lastMs + 2_500), 0);
  assert.equal(meter.kbps(lastMs + 3 * 86_400_000), 0);
});

Deno.test("a change of rate shows within the two seconds of its window", () => {
  const meter = new RateMeter();
  const changeMs = feed(meter, 60, NOW_MS, 4_000) + 1000 / 60;
  const lastMs = feed(meter, 10, changeMs, 2_500);
  assert.ok(Math.abs(meter.fps(lastMs) - 10) <= TOLERANCE_FPS, String(meter.fps(lastMs)));
});
