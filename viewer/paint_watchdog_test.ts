import assert from "node:assert/strict";
import { MIN_STUCK_MS, PaintWatchdog } from "./paint_watchdog.ts";

function givenEvery(watchdog: PaintWatchdog, frames: number, intervalMs: number): number {
  for (let frame = 0; frame < frames; frame++) watchdog.given(frame * intervalMs);
  return (frames - 1) * intervalMs;
}

Deno.test("a decoder that is given frames for seconds and makes nothing of them is stuck", () => {
  const watchdog = new PaintWatchdog();
  for (let frame = 0; frame * 33 < MIN_STUCK_MS; frame++) {
    watchdog.given(frame * 33);
    assert.equal(watchdog.isStuck(frame * 33), false);
  }
  assert.equal(watchdog.isStuck(MIN_STUCK_MS), true);
});

Deno.test("one that holds frames back to put them in order is not, however slow the camera", () => {
  const watchdog = new PaintWatchdog();
  assert.equal(watchdog.isStuck(givenEvery(watchdog, 17, 1000)), false);
});

Deno.test("a picture begins it anew, and without frames there is nothing to wait for", () => {
  const watchdog = new PaintWatchdog();
  const nowMs = givenEvery(watchdog, 200, 33);
  watchdog.restart();
  assert.equal(watchdog.isStuck(nowMs), false);
  assert.equal(watchdog.isStuck(nowMs + 60_000), false);
});
