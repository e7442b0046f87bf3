import assert from "node:assert/strict";
import { Metrics, type MetricsTotals, snapshotOf, sumOfTotals } from "./metrics.ts";

Deno.test("a sum has every counter of every part, and what is there now", () => {
  const names = Object.keys(new Metrics().totals()) as (keyof MetricsTotals)[];
  const a = Object.fromEntries(names.map((name, index) => [name, index + 1])) as MetricsTotals;
  const b = Object.fromEntries(names.map((name) => [name, 100])) as MetricsTotals;
  const sum = sumOfTotals([a, b]);
  assert.deepEqual(sum, Object.fromEntries(names.map((name, index) => [name, index + 101])));
  assert.equal(Object.keys(snapshotOf(sum, 0)).length, names.length + 1, "and the timestamp");
});

Deno.test("every number that is counted is told", () => {
  const { discardedBy: _byCause, ...counted } = new Metrics();
  assert.deepEqual(new Metrics().totals(), counted);
  assert.deepEqual(sumOfTotals([]), counted, "nothing adds up to nothing");
});
