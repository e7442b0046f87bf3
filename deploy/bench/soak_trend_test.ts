import assert from "node:assert/strict";
import fc from "fast-check";
import { isGrowing, trendOf, type TrendSample } from "./soak_trend.ts";

const MB = 1e6;
const BOUND = { leastRise: 10 * MB, leastShare: 0.1 };

function samples(count: number, valueAt: (index: number) => number): TrendSample[] {
  return Array.from({ length: count }, (_, index) => ({
    atMs: index * 10_000,
    value: valueAt(index),
  }));
}

function grows(list: readonly TrendSample[]): boolean {
  const trend = trendOf(list);
  assert.ok(trend !== undefined);
  return isGrowing(trend, BOUND);
}

Deno.test("a leak is found under a sawtooth three times its size", () => {
  const leaking = samples(60, (index) => 80 * MB + index * 0.3 * MB + (index % 7) * 9 * MB);
  assert.ok(grows(leaking));
});

Deno.test("a sawtooth alone, a single jump at an end, and what shrinks are no trend", () => {
  assert.ok(!grows(samples(60, (index) => 80 * MB + (index % 7) * 9 * MB)));
  assert.ok(!grows(samples(60, (index) => index === 59 ? 400 * MB : 80 * MB)));
  assert.ok(!grows(samples(60, (index) => 80 * MB - index * MB)));
});

Deno.test("three samples in ten may be anything", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 10, maxLength: 10 }),
    (wild) => {
      const flat = samples(40, (index) => index % 4 === 1 ? wild[index >> 2] ?? 0 : 80 * MB);
      assert.ok(!grows(flat));
    },
  ));
});

Deno.test("a rise is told from the first to the last sample", () => {
  const trend = trendOf(samples(11, (index) => 5 + 2 * index));
  assert.deepEqual(trend && { rise: Math.round(trend.rise), median: trend.median }, {
    rise: 20,
    median: 15,
  });
});

Deno.test("a small thing that doubles does not count below the bound's least rise", () => {
  assert.ok(!grows(samples(20, (index) => MB + index * 0.1 * MB)));
});

Deno.test("a few samples say nothing", () => {
  assert.equal(trendOf(samples(7, (index) => index)), undefined);
});
