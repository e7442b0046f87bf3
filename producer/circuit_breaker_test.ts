import assert from "node:assert/strict";
import fc from "fast-check";
import { circuitState, retryDelayMs, type RetryManner } from "./circuit_breaker.ts";

const RETRY = { attempts: 3, delayMs: 5000 };
/** Where chance takes nothing off. */
const LONGEST: RetryManner = { isCostly: false, grows: true, random: 1 };

function delaysMs(failures: readonly number[], manner: Partial<RetryManner> = {}, retry = RETRY) {
  return failures.map((n) => retryDelayMs(n, retry, { ...LONGEST, ...manner }));
}

Deno.test("the circuit opens at the configured number of failures in a row; a try half-opens it", () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((n) => circuitState(n, RETRY, true)), [
    ...["closed", "closed", "closed", "open", "open"],
  ]);
  assert.deepEqual([2, 3, 4].map((n) => circuitState(n, RETRY, false)), [
    ...["closed", "half-open", "half-open"],
  ]);
});

Deno.test("delays double up to the configured one, then from there up to a minute", () => {
  const expected = [500, 1000, 5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000];
  assert.deepEqual(delaysMs([1, 2, 3, 4, 5, 6, 7, 8, 2000]), expected);
});

Deno.test("what may pass by itself is tried as often as configured, for ever", () => {
  const expected = [500, 1000, 5000, 5000, 5000, 5000];
  assert.deepEqual(delaysMs([1, 2, 3, 4, 5, 2000], { grows: false }), expected);
});

Deno.test("what a try makes worse is never tried quickly, and ever more rarely up to five minutes", () => {
  const expected = [5000, 10_000, 20_000, 160_000, 300_000, 300_000];
  assert.deepEqual(delaysMs([1, 2, 3, 6, 7, 2000], { isCostly: true }), expected);
});

Deno.test("a closed circuit never waits longer than configured", () => {
  const retry = { attempts: 9, delayMs: 1000 };
  assert.deepEqual(delaysMs([1, 2, 3, 4], {}, retry), [500, 1000, 1000, 1000]);
});

Deno.test("a configured delay of more than a minute is kept", () => {
  const patient = { attempts: 1, delayMs: 600_000 };
  for (const isCostly of [false, true]) {
    assert.deepEqual(delaysMs([1, 2, 9], { isCostly }, patient), [600_000, 600_000, 600_000]);
  }
});

Deno.test("chance takes all of a short delay or half of a long one, and never adds to it", () => {
  const retry = fc.record({
    attempts: fc.integer({ min: 1, max: 100 }),
    delayMs: fc.integer({ min: 1000, max: 3_600_000 }),
  });
  const manner = fc.record({
    isCostly: fc.boolean(),
    grows: fc.boolean(),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const failures = fc.integer({ min: 1, max: 200 });
  fc.assert(fc.property(failures, retry, manner, (n, configured, chosen) => {
    const delay = retryDelayMs(n, configured, chosen);
    const full = retryDelayMs(n, configured, { ...chosen, random: 1 });
    const isOpen = chosen.isCostly || n >= configured.attempts;
    assert.ok(delay <= full && delay >= (isOpen ? full / 2 : Math.min(50, full)), `${delay}`);
    assert.ok(delay > 0);
    assert.ok(full <= Math.max(300_000, configured.delayMs));
  }));
});
