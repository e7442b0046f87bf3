import assert from "node:assert/strict";
import { UplinkDelay } from "./uplink_delay.ts";

Deno.test("the delay is that of the frame in the middle, by ingest's clock", () => {
  const delay = new UplinkDelay();
  assert.equal(delay.medianMs(0), undefined);
  for (const tookMs of [2, 3, 400]) delay.add(1_000, 1_000 + tookMs);
  assert.equal(delay.medianMs(0), 3);
  assert.equal(delay.medianMs(5_000), 5_003, "a publisher whose clock is ahead stamps later");
});

Deno.test("only the last frames count, and none arrived before it was sent", () => {
  const delay = new UplinkDelay();
  for (let frame = 0; frame < 100; frame++) delay.add(0, 900);
  for (let frame = 0; frame < 32; frame++) delay.add(0, 10);
  assert.equal(delay.medianMs(0), 10);
  assert.equal(delay.medianMs(-11), 0);
});
