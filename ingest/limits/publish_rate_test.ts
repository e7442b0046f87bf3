import { MAX_GOP_BYTES } from "@porthole/protocol";
import assert from "node:assert/strict";
import { PublishLimitError } from "./publish_limit_error.ts";
import { PublishRate } from "./publish_rate.ts";

/** When it is refused, ms, if it is within a minute. */
function refusedAt(kbps: number, fps: number, limits = { maxKbps: 50_000, maxFps: 240 }) {
  const rate = new PublishRate(limits);
  const bytes = kbps * 1000 / 8 / fps;
  for (let index = 0; index < 60 * fps; index++) {
    const nowMs = index * 1000 / fps;
    try {
      rate.received(bytes, nowMs);
      rate.receivedFrame(nowMs);
    } catch (error) {
      assert.ok(error instanceof PublishLimitError && error.code === "too_fast");
      return { nowMs, message: error.message };
    }
  }
  return undefined;
}

Deno.test("what is within the rates goes on for ever", () => {
  assert.equal(refusedAt(49_000, 60), undefined);
  assert.equal(refusedAt(3_000, 240), undefined);
});

Deno.test("twice the bit rate, or frame rate, is refused with what to change", () => {
  const bits = refusedAt(100_000, 60);
  assert.ok(bits !== undefined && bits.nowMs > 1_000 && bits.nowMs < 10_000, `${bits?.nowMs}`);
  assert.match(bits.message, /50000 kbit\/s .*raise MAX_PUBLISH_KBPS/);
  const frames = refusedAt(1_000, 2_400);
  assert.match(frames?.message ?? "", /240 frames a second .*raise MAX_PUBLISH_FPS/);
});

Deno.test("a publisher that comes back may replay the GOPs of three renditions at once", () => {
  const rate = new PublishRate({ maxKbps: 100, maxFps: 60 });
  for (let index = 0; index < 3 * 600; index++) {
    rate.received(3 * MAX_GOP_BYTES / (3 * 600), 0);
    rate.receivedFrame(0);
  }
});

Deno.test("control messages have a rate of their own, whatever there is for frames", () => {
  const rate = new PublishRate({ maxKbps: Infinity, maxFps: Infinity });
  for (let index = 0; index < 200; index++) rate.receivedControl(0);
  assert.throws(() => rate.receivedControl(0), /50 control messages a second/);
  for (let index = 1; index < 1_000; index++) rate.receivedControl(index * 20);
});
