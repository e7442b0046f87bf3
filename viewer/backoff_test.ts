import assert from "node:assert/strict";
import fc from "fast-check";
import { Backoff, RECONNECT_BOUNDS } from "./backoff.ts";

const LARGEST_RANDOM = 1 - Number.EPSILON;

Deno.test("waits double from the first to the cap", () => {
  const backoff = new Backoff(RECONNECT_BOUNDS, () => LARGEST_RANDOM);
  const delaysMs = Array.from({ length: 7 }, () => Math.round(backoff.nextDelayMs()));
  assert.deepEqual(delaysMs, [250, 500, 1000, 2000, 2000, 2000, 2000]);
});

Deno.test("after a success the first wait comes again", () => {
  const backoff = new Backoff(RECONNECT_BOUNDS, () => 0);
  const firstMs = backoff.nextDelayMs();
  backoff.nextDelayMs();
  backoff.restart();
  assert.equal(backoff.nextDelayMs(), firstMs);
});

Deno.test("every wait is between half of it and all of it, however many there were", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0, max: LARGEST_RANDOM, noNaN: true }), {
      minLength: 1,
      maxLength: 1100,
    }),
    (randoms) => {
      let used = 0;
      const backoff = new Backoff(RECONNECT_BOUNDS, () => randoms[used++] ?? 0);
      randoms.forEach((_, tries) => {
        const fullMs = Math.min(RECONNECT_BOUNDS.maxMs, RECONNECT_BOUNDS.firstMs * 2 ** tries);
        const delayMs = backoff.nextDelayMs();
        assert.ok(delayMs >= fullMs / 2 && delayMs <= fullMs, `${delayMs} of ${fullMs}`);
      });
    },
  ));
});
