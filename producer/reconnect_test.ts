import assert from "node:assert/strict";
import { reconnectDelayMs } from "./reconnect.ts";

Deno.test("delays double from a quarter of a second to two", () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 99].map((n) => reconnectDelayMs(n, true, 1));
  assert.deepEqual(delays, [250, 250, 500, 1000, 2000, 2000, 2000, 2000]);
});

Deno.test("what somebody has to mend first is tried every few seconds from the start", () => {
  assert.deepEqual([1, 2, 99].map((n) => reconnectDelayMs(n, false, 1)), [5000, 5000, 5000]);
});

Deno.test("half of a delay is left to chance", () => {
  assert.deepEqual([0, 0.5, 1].map((x) => reconnectDelayMs(3, true, x)), [500, 750, 1000]);
});
