import assert from "node:assert/strict";
import { FrameRateMeter } from "./frame_rate_meter.ts";

/** Counts frames of `fps` for so long, and goes on from there. */
function count(meter: FrameRateMeter, fps: number, seconds: number, fromUs = 0): number {
  const frames = Math.round(fps * seconds);
  for (let n = 0; n < frames; n++) meter.count(Math.round(fromUs + n * 1_000_000 / fps));
  return fromUs + seconds * 1_000_000;
}

function assertNear(fps: number | undefined, expected: number): void {
  assert.ok(fps !== undefined && Math.abs(fps / expected - 1) < 0.02, `${fps}, not ${expected}`);
}

Deno.test("the frame rate is known after four seconds, and follows the camera", () => {
  const meter = new FrameRateMeter();
  const dawnUs = count(meter, 12, 3.9);
  assert.equal(meter.fps, undefined);
  const laterUs = count(meter, 12, 4, dawnUs);
  assertNear(meter.fps, 12);
  count(meter, 25, 9, laterUs);
  assertNear(meter.fps, 25);
});

Deno.test("a frame that comes late hardly changes the rate, a clock that is set not at all", () => {
  const meter = new FrameRateMeter();
  const pausedUs = count(meter, 30, 2) + 200_000;
  count(meter, 30, 3, pausedUs);
  assert.ok(meter.fps !== undefined && meter.fps > 28, `${meter.fps}`);
  count(meter, 30, 3, 3_600_000_000);
  assert.ok(meter.fps > 28, `${meter.fps}`);
  count(meter, 30, 9, 3_603_000_000);
  assertNear(meter.fps, 30);
  count(meter, 30, 9, 0);
  assertNear(meter.fps, 30);
});

Deno.test("B-frames, which are not in the order of their times, count like others", () => {
  const meter = new FrameRateMeter();
  for (let n = 0; n < 300; n += 3) {
    for (const shown of [n + 2, n, n + 1]) meter.count(shown * 40_000);
  }
  assert.ok(meter.fps !== undefined && Math.abs(meter.fps - 25) < 1, `${meter.fps}`);
});

Deno.test("another camera is measured anew", () => {
  const meter = new FrameRateMeter();
  count(meter, 30, 5);
  meter.reset();
  assert.equal(meter.fps, undefined);
  meter.count(90_000_000);
  assert.equal(meter.fps, undefined);
});
