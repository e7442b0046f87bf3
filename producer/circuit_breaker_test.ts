import assert from "node:assert/strict";
import fc from "fast-check";
import { isCircuitOpen, retryDelayMs } from "./circuit_breaker.ts";

const RETRY = { attempts: 3, delayMs: 5000 };
/** Where chance changes nothing. */
const MIDDLE = 0.5;

Deno.test("the circuit opens at the configured number of failures in a row", () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((n) => isCircuitOpen(n, RETRY)), [
    false,
    false,
    false,
    true,
    true,
  ]);
});

Deno.test("delays double up to the configured one, then from there up to a minute", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((n) => retryDelayMs(n, RETRY, MIDDLE));
  assert.deepEqual(delays, [500, 1000, 5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
});

Deno.test("a closed circuit never waits longer than configured", () => {
  const delays = [1, 2, 3, 4].map((n) => retryDelayMs(n, { attempts: 9, delayMs: 1000 }, MIDDLE));
  assert.deepEqual(delays, [500, 1000, 1000, 1000]);
});

Deno.test("a configured delay of more than a minute is kept", () => {
  const patient = { attempts: 1, delayMs: 600_000 };
  assert.deepEqual([1, 2, 9].map((n) => retryDelayMs(n, patient, MIDDLE)), [
    600_000,
    600_000,
    600_000,
  ]);
});

Deno.test("chance moves a delay by a fifth at most, and never to nothing", () => {
  const failures = fc.integer({ min: 1, max: 100 });
  const retry = fc.record({
    attempts: fc.integer({ min: 1, max: 100 }),
    delayMs: fc.integer({ min: 1000, max: 3_600_000 }),
  });
  fc.assert(fc.property(failures, retry, fc.double({ min: 0, max: 1, noNaN: true }), (n, r, x) => {
    const delay = retryDelayMs(n, r, x);
    const middle = retryDelayMs(n, r, MIDDLE);
    assert.ok(delay >= 0.799 * middle && delay <= 1.201 * middle && delay > 0, `${delay}`);
  }));
  assert.notEqual(retryDelayMs(1, RETRY, 0), retryDelayMs(1, RETRY, 1));
});
