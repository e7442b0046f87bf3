import assert from "node:assert/strict";
import fc from "fast-check";
import { FAULTS, faultsOf, VISITS, visitsOf } from "./soak_schedule.ts";

function first<T>(count: number, items: Iterable<T>): T[] {
  const taken: T[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

Deno.test("the same seed plans the same, another one something else", () => {
  assert.deepEqual(first(30, faultsOf(7)), first(30, faultsOf(7)));
  assert.deepEqual(first(30, visitsOf(7)), first(30, visitsOf(7)));
  assert.notDeepEqual(first(30, faultsOf(7)), first(30, faultsOf(8)));
  assert.notDeepEqual(first(30, visitsOf(7)), first(30, visitsOf(8)));
});

Deno.test("each fault and each visit comes once before any comes again", () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const faults = first(2 * FAULTS.length, faultsOf(seed)).map(({ name }) => name);
    for (const round of [faults.slice(0, FAULTS.length), faults.slice(FAULTS.length)]) {
      assert.deepEqual(round.toSorted(), [...FAULTS].toSorted());
    }
    const visits = first(VISITS.length, visitsOf(seed)).map(({ name }) => name);
    assert.deepEqual(visits.toSorted(), [...VISITS].toSorted());
  }));
});

Deno.test("ingest is killed when that is asked for, and not else", () => {
  const named = (withIngest: boolean) => first(50, faultsOf(1, { withIngest })).map((f) => f.name);
  assert.ok(!named(false).includes("ingest-killed"));
  assert.ok(named(true).includes("ingest-killed"));
});

Deno.test("times are whole, above zero and bounded; a clock fits into every size", () => {
  for (const { afterMs, lastsMs, widthPx, heightPx } of first(200, faultsOf(3))) {
    assert.ok(Number.isInteger(afterMs) && afterMs >= 1_000 && afterMs <= 15_000);
    assert.ok(Number.isInteger(lastsMs) && lastsMs >= 100 && lastsMs <= 15_000);
    assert.ok(widthPx >= 432 && widthPx % 2 === 0 && heightPx % 2 === 0);
  }
});
