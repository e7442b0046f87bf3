import { parseViewerMessage } from "@porthole/protocol/schema";
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { LatencyHistory } from "./latency_history.ts";
import { ReportPace } from "./report_pace.ts";

Deno.test("every ten seconds ingest is told of the pictures since it was told last", () => {
  const history = new LatencyHistory();
  const pace = new ReportPace(0);
  for (let atMs = 100; atMs <= 10_000; atMs += 100) history.add(atMs, 40);
  assert.equal(pace.due(history, 9_999), undefined);
  assert.deepEqual(pace.due(history, 10_000), {
    type: "report",
    latencyMs: { p50: 40, p95: 40, p99: 40 },
    fps: 10,
  });
  assert.equal(pace.due(history, 10_500), undefined);
  for (let atMs = 10_100; atMs <= 15_000; atMs += 100) history.add(atMs, 90.04);
  const { latencyMs, fps } = pace.due(history, 20_000) ?? assert.fail();
  assert.deepEqual([latencyMs.p50, fps], [90, 5], "nothing of before, to a tenth");
});

Deno.test("who knows nothing says nothing, and a pause is not told of", () => {
  const history = new LatencyHistory();
  const pace = new ReportPace(0);
  assert.equal(pace.due(history, 10_000), undefined);
  history.add(11_000, 50);
  pace.restart(12_000);
  assert.equal(pace.due(history, 20_000), undefined);
  assert.equal(pace.due(history, 22_000), undefined);
});

Deno.test("whatever was measured, what is told is taken", () => {
  const latencyMs = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(fc.property(fc.array(latencyMs, { minLength: 1 }), (latencies) => {
    const history = new LatencyHistory();
    latencies.forEach((ms) => history.add(9_000, ms));
    const report = new ReportPace(0).due(history, 10_000);
    assert.deepEqual(parseViewerMessage(report), report);
  }));
});
