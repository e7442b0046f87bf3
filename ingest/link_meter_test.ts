import assert from "node:assert/strict";
import { LinkMeter } from "./link_meter.ts";

Deno.test("the base delay is the shortest of the last while", () => {
  const meter = new LinkMeter();
  assert.equal(meter.baseDelayMs, 0);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) meter.acknowledged(40 + nowMs % 300, 1, nowMs);
  assert.equal(meter.baseDelayMs, 40);
  for (let nowMs = 10_000; nowMs < 45_000; nowMs += 100) meter.acknowledged(90, 1, nowMs);
  assert.equal(meter.baseDelayMs, 90, "the route has changed");
});

Deno.test("while frames wait, what gets through is what the link carries", () => {
  const meter = new LinkMeter();
  for (let nowMs = 0; nowMs < 2_000; nowMs += 100) meter.acknowledged(10, 50_000, nowMs);
  assert.equal(meter.goodputKbps, undefined, "it was never the bottleneck");
  for (let nowMs = 2_000; nowMs < 4_000; nowMs += 100) meter.acknowledged(400, 25_000, nowMs);
  assert.ok(Math.abs((meter.goodputKbps ?? 0) - 2_000) < 1, `${meter.goodputKbps} kbps`);
});

Deno.test("another measure replaces it", () => {
  const meter = new LinkMeter();
  meter.measured(5_000);
  assert.equal(meter.goodputKbps, 5_000);
});
