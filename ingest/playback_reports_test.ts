import type { PlaybackReport } from "@porthole/protocol";
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { playbackExposition, playbackSnapshot } from "./playback_metrics.ts";
import { LastReport, playbackByStream, type ViewerPlayback } from "./playback_reports.ts";

const REPORT: PlaybackReport = {
  type: "report",
  latencyMs: { p50: 60, p95: 80, p99: 90 },
  fps: 30,
};

function viewer(stream: string, p50: number, fps = 30): ViewerPlayback {
  return { stream, latencyMs: { p50, p95: p50 + 10, p99: p50 + 20 }, fps };
}

Deno.test("what a viewer said is good until three reports are missed, or it pauses", () => {
  const last = new LastReport();
  assert.equal(last.at(0), undefined);
  last.told(REPORT, 1_000);
  assert.deepEqual(last.at(36_000), { latencyMs: REPORT.latencyMs, fps: 30 });
  assert.equal(last.at(36_001), undefined);
  last.told(REPORT, 40_000);
  last.forget();
  assert.equal(last.at(40_000), undefined);
});

Deno.test("streams are told of apart: the viewer in the middle, and the worst", () => {
  const streams = playbackByStream([
    viewer("door", 50),
    viewer("door", 70, 12),
    viewer("door", 900, 25),
    viewer("yard", 40),
  ]);
  assert.deepEqual(playbackSnapshot(streams), {
    door: {
      reporting: 3,
      ["latency_ms"]: { p50: 70, p95: 80, p99: 90 },
      ["latency_worst_ms"]: { p50: 900, p95: 910, p99: 920 },
      fps: 25,
      ["fps_worst"]: 12,
    },
    yard: {
      reporting: 1,
      ["latency_ms"]: { p50: 40, p95: 50, p99: 60 },
      ["latency_worst_ms"]: { p50: 40, p95: 50, p99: 60 },
      fps: 30,
      ["fps_worst"]: 30,
    },
  });
});

Deno.test("fewer liars than honest viewers do not move what the middle one is", () => {
  const honestMs = fc.double({ min: 20, max: 200, noNaN: true });
  const toldMs = fc.double({ min: 0, max: 60_000, noNaN: true });
  fc.assert(fc.property(
    fc.array(honestMs, { minLength: 2, maxLength: 20 }),
    fc.array(toldMs, { maxLength: 19 }),
    (honest, told) => {
      const lies = told.slice(0, honest.length - 1);
      const viewers = [...honest, ...lies].map((p50) => viewer("door", p50));
      const { median } = playbackByStream(viewers).get("door") ?? assert.fail();
      assert.ok(median.latencyMs.p50 >= Math.min(...honest));
      assert.ok(median.latencyMs.p50 <= Math.max(...honest));
    },
  ));
});

Deno.test("Prometheus gets a series a stream and percentile, however many watch", async () => {
  const crowd = Array.from({ length: 500 }, (_, index) => viewer("door", 50 + index % 7));
  const text = await playbackExposition(playbackByStream(crowd));
  assert.ok(text.endsWith("\n"));
  const samples = text.trimEnd().split("\n").filter((line) => /^[^#]/.test(line));
  assert.equal(samples.length, 9);
  for (const sample of samples) {
    assert.match(sample, /^porthole_[a-z_]+\{stream="door"(,quantile="0\.\d+")?\} [\d.]+$/);
  }
  assert.ok(
    samples.includes('porthole_viewer_latency_seconds{stream="door",quantile="0.95"} 0.063'),
  );
  assert.ok(samples.includes('porthole_viewers_reporting{stream="door"} 500'));
  assert.doesNotMatch(await playbackExposition(playbackByStream([])), /^porthole/m);
});
