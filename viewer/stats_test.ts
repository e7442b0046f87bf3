import assert from "node:assert/strict";
import { Stats } from "./stats.ts";

const FRAME_INTERVAL_MS = 20;

function playedFor(ms: number, capturedBeforeMs: number | undefined): Stats {
  const stats = new Stats(0);
  for (let atMs = 0; atMs < ms; atMs += FRAME_INTERVAL_MS) {
    const capturedAtMs = capturedBeforeMs === undefined ? undefined : atMs - capturedBeforeMs;
    stats.received(atMs, 2500);
    stats.painted({ capturedAtMs, receivedAtMs: atMs, paintedAtMs: atMs + 12 }, false);
  }
  return stats;
}

Deno.test("latency is from the producer to the paint, split where the message came in", () => {
  const { latencyMs, transportMs } = playedFor(3000, 30).snapshot(3000, 0);
  assert.deepEqual([latencyMs, transportMs], [42, 30]);
});

Deno.test("an error of the clocks makes no frame arrive before it was sent", () => {
  const { latencyMs, transportMs } = playedFor(3000, -5).snapshot(3000, 0);
  assert.deepEqual([latencyMs, transportMs], [12, 0]);
});

Deno.test("without a common clock the latency is unknown, not made up", () => {
  const { latencyMs, transportMs } = playedFor(3000, undefined).snapshot(3000, 0);
  assert.deepEqual([latencyMs, transportMs], [undefined, undefined]);
});

Deno.test("rates are of the last two seconds", () => {
  const stats = playedFor(4000, 30);
  const playing = stats.snapshot(4000, 0);
  assert.ok(Math.abs(playing.paintedFps - 50) <= 1, `${playing.paintedFps}`);
  assert.ok(Math.abs(playing.receivedKbps - 1000) <= 20, `${playing.receivedKbps}`);
  const stopped = stats.snapshot(7000, 0);
  assert.deepEqual([stopped.paintedFps, stopped.receivedKbps], [0, 0]);
  assert.equal(stopped.latencyMs, undefined);
});

Deno.test("quiet is counted from the last paint, or from when playing began", () => {
  assert.equal(new Stats(1000).snapshot(1700, 0).sincePaintMs, 700);
  const stats = playedFor(FRAME_INTERVAL_MS, 30);
  assert.equal(stats.snapshot(5012, 0).sincePaintMs, 5000);
  stats.painted({ capturedAtMs: undefined, receivedAtMs: 5500, paintedAtMs: 5512 }, false);
  assert.equal(stats.snapshot(5600, 0).paintIntervalMs, 5500);
  stats.restart(6000);
  const { sincePaintMs, paintIntervalMs } = stats.snapshot(6100, 0);
  assert.deepEqual([sincePaintMs, paintIntervalMs], [100, 0]);
});

Deno.test("another way to make pictures is no picture: the last one stands as long as it stood", () => {
  const stats = playedFor(2 * FRAME_INTERVAL_MS, 30);
  stats.beginAnew(4000);
  const { sincePaintMs, paintIntervalMs, paintedFps } = stats.snapshot(5032, 0);
  assert.deepEqual([sincePaintMs, paintIntervalMs, paintedFps], [5000, FRAME_INTERVAL_MS, 0]);
});

/** Says after each picture in how many ms it was joined: by any picture, and in full. */
function joinedBy(stats: Stats, paintedAtMs: number, isPreview: boolean): unknown[] {
  stats.painted({ capturedAtMs: undefined, receivedAtMs: paintedAtMs, paintedAtMs }, isPreview);
  const { joinMs, fullJoinMs } = stats.snapshot(paintedAtMs, 0);
  return [joinMs, fullJoinMs];
}

Deno.test("joining takes from the beginning to the first picture, each time anew", () => {
  const stats = new Stats(0);
  stats.restart(1000);
  assert.equal(stats.snapshot(1100, 0).joinMs, undefined);
  assert.deepEqual(joinedBy(stats, 1143, false), [143, 143]);
  assert.deepEqual(joinedBy(stats, 1176, false), [143, 143]);
  stats.restart(5000);
  assert.equal(stats.snapshot(5001, 0).joinMs, undefined);
  assert.deepEqual(joinedBy(stats, 5080, false), [80, 80]);
});

Deno.test("a preview is a first picture; in full it is joined by what follows", () => {
  const stats = new Stats(0);
  stats.restart(1000);
  assert.deepEqual(joinedBy(stats, 1040, true), [40, undefined]);
  assert.deepEqual(joinedBy(stats, 1050, true), [40, undefined]);
  assert.deepEqual(joinedBy(stats, 1300, false), [40, 300]);
  assert.deepEqual(joinedBy(stats, 9000, true), [40, 300], "what changes later is no preview");
});

Deno.test("what is dropped is counted by who dropped it", () => {
  const stats = new Stats(0);
  stats.received(0, 1);
  stats.lagged(0, 30);
  stats.lagged(0, 12);
  stats.notDecoded();
  stats.decoderFailed();
  const { discardedByServer, discardedByViewer, decoderErrors, framesReceived, framesPainted } =
    stats.snapshot(1, 4);
  assert.deepEqual([discardedByServer, discardedByViewer, decoderErrors], [42, 5, 1]);
  assert.deepEqual([framesReceived, framesPainted], [1, 0]);
});

Deno.test("a new start forgets rates and latencies, not counts", () => {
  const stats = playedFor(1000, 30);
  stats.restart(1000);
  const { paintedFps, receivedKbps, latencyMs, framesPainted } = stats.snapshot(1001, 0);
  assert.deepEqual([paintedFps, receivedKbps, latencyMs, framesPainted], [0, 0, undefined, 50]);
});

Deno.test("a slow link is news for ten seconds", () => {
  const stats = new Stats(0);
  stats.lagged(1000, 30);
  stats.lagged(4000, 12);
  assert.equal(stats.snapshot(5000, 0).discardedLately, 42);
  assert.equal(stats.snapshot(12_000, 0).discardedLately, 12);
  const { discardedLately, discardedByServer } = stats.snapshot(15_000, 0);
  assert.deepEqual([discardedLately, discardedByServer], [0, 42]);
});
