import assert from "node:assert/strict";
import * as fc from "fast-check";
import { LatencyHistory, percentilesOf } from "./latency_history.ts";

Deno.test("percentiles are latencies that were measured, as many below as they say", () => {
  const latencies = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 400 });
  fc.assert(fc.property(latencies, (values) => {
    const { p50, p95, p99 } = percentilesOf(Float32Array.from(values)) ?? assert.fail();
    assert.ok(p50 <= p95 && p95 <= p99);
    for (const [percent, latencyMs] of [[50, p50], [95, p95], [99, p99]] as const) {
      assert.ok(values.includes(latencyMs));
      const notLater = values.filter((value) => value <= latencyMs).length;
      assert.ok(notLater >= values.length * percent / 100);
      const earlier = values.filter((value) => value < latencyMs).length;
      assert.ok(earlier < values.length * percent / 100);
    }
  }));
  assert.equal(percentilesOf(new Float32Array()), undefined);
});

Deno.test("a minute is sixty whole seconds, each with its middle and its latest picture", () => {
  const history = new LatencyHistory();
  for (const latencyMs of [40, 50, 300]) history.add(70_500, latencyMs);
  history.add(72_000, 60);
  history.add(73_100, 999);
  const { seconds, percentiles } = history.minute(73_200);
  assert.equal(seconds.length, 60);
  assert.equal(seconds.at(-1)?.atMs, 72_000);
  assert.deepEqual(seconds.slice(-3), [
    { atMs: 70_000, medianMs: 50, worstMs: 300 },
    { atMs: 71_000, medianMs: null, worstMs: null },
    { atMs: 72_000, medianMs: 60, worstMs: 60 },
  ]);
  assert.deepEqual(percentiles, { p50: 60, p95: 999, p99: 999 }, "the running second too");
});

Deno.test("what is older than a minute is gone, also of more pictures than are kept", () => {
  const history = new LatencyHistory();
  history.add(1_000, 5_000);
  for (let atMs = 2_000; atMs < 72_000; atMs += 4) history.add(atMs, 50);
  const { seconds, percentiles } = history.minute(72_000);
  assert.deepEqual(percentiles, { p50: 50, p95: 50, p99: 50 });
  assert.equal(seconds.at(-1)?.medianMs, 50);
  assert.equal(history.latenciesSince(71_000).length, 249);
  assert.equal(new LatencyHistory().minute(72_000).percentiles, undefined);
});
