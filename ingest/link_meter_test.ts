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

Deno.test("a link that was too slow may carry more the longer ago that was, or a probe shows", () => {
  const meter = new LinkMeter();
  for (let nowMs = 0; nowMs < 1_000; nowMs += 100) meter.acknowledged(10, 50_000, nowMs);
  assert.equal(meter.bottleneckKbps(1_000), Infinity);
  for (let nowMs = 1_000; nowMs <= 2_000; nowMs += 100) meter.acknowledged(400, 25_000, nowMs);
  assert.equal(meter.bottleneckKbps(2_000), 2_000);
  for (let nowMs = 2_100; nowMs < 3_000; nowMs += 100) meter.acknowledged(10, 50_000, nowMs);
  assert.equal(meter.bottleneckKbps(7_000), 4_000);
  assert.equal(meter.bottleneckKbps(12_000), 8_000);
  assert.equal(meter.goodputKbps, 2_000);
  meter.acknowledged(400, 0, 8_000);
  meter.acknowledged(400, 50_000, 8_400);
  assert.equal(meter.bottleneckKbps(8_400), 1_000);
  meter.measured(5_000);
  assert.equal(meter.bottleneckKbps(8_400), Infinity);
});

Deno.test("another measure replaces it", () => {
  const meter = new LinkMeter();
  meter.measured(5_000);
  assert.equal(meter.goodputKbps, 5_000);
});
