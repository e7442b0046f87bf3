import assert from "node:assert/strict";
import { Silence } from "./silence.ts";

Deno.test("a link that was never silent for long is given up sooner than one that was", () => {
  const lively = new Silence(0);
  for (let nowMs = 0; nowMs <= 1000; nowMs += 100) lively.heard(nowMs);
  assert.equal(lively.isTooLong(6000), false);
  assert.equal(lively.isTooLong(6001), true);
  const thin = new Silence(0);
  thin.heard(3000);
  assert.equal(thin.isTooLong(15_000), false);
  assert.equal(thin.isTooLong(15_001), true);
});

Deno.test("a connection that answers each question within two seconds is not", () => {
  const quiet = new Silence(0);
  for (let nowMs = 2000; nowMs < 60_000; nowMs += 2000) {
    assert.equal(quiet.isTooLong(nowMs), false);
    quiet.heard(nowMs);
  }
});
