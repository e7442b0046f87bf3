import assert from "node:assert/strict";
import { MessagePace } from "./message_pace.ts";

/** When a message that comes at that pace is given up, s. */
function givenUpAfterS(bytesPerSecond: number): number | undefined {
  const pace = new MessagePace();
  for (let second = 1; second <= 60; second++) {
    pace.received(second * bytesPerSecond, false, second * 1000);
    if (pace.isTooSlow(second * 1000)) return second;
  }
  return undefined;
}

Deno.test("a message that trickles is given up soon, one that only takes long is not", () => {
  assert.equal(givenUpAfterS(1), 6);
  assert.equal(givenUpAfterS(1_000), 6);
  assert.equal(givenUpAfterS(20_000), undefined);
});

Deno.test("a message that stops in the middle is given up", () => {
  const pace = new MessagePace();
  pace.received(100_000, false, 0);
  assert.equal(pace.isTooSlow(10_000), false);
  assert.equal(pace.isTooSlow(13_000), true);
});

Deno.test("silence between messages is none of its business, and each message counts anew", () => {
  const pace = new MessagePace();
  pace.received(10, false, 0);
  pace.received(0, true, 100);
  assert.equal(pace.isTooSlow(1_000_000), false);
  pace.received(10, true, 1_000_000);
  assert.equal(pace.isTooSlow(1_003_000), false);
  pace.received(10, true, 1_003_500);
  assert.equal(pace.isTooSlow(1_007_000), false, "another one, whatever was before it");
});
