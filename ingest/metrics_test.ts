import assert from "node:assert/strict";
import { Metrics } from "./metrics.ts";

Deno.test("a sum has every counter of every part, and what is there now", () => {
  const [a, b] = [new Metrics(), new Metrics()];
  const names = Object.keys(a.totals()) as (keyof Metrics & keyof ReturnType<Metrics["totals"]>)[];
  names.forEach((name, index) => {
    a[name] = index + 1;
    b[name] = 100;
  });
  const sum = Metrics.sumOf([a.totals(), b]);
  assert.deepEqual({ ...sum }, Object.fromEntries(names.map((name, index) => [name, index + 101])));
  assert.equal(Object.keys(sum.snapshot(0)).length, names.length + 1, "and the timestamp");
});

Deno.test("nothing adds up to nothing", () => {
  assert.deepEqual({ ...Metrics.sumOf([]) }, { ...new Metrics() });
});
