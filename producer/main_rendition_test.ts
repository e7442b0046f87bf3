import assert from "node:assert/strict";
import { SequenceCounter } from "./frame_reader.ts";
import { jpegRendition } from "./jpeg_rendition.ts";
import { lowRendition } from "./low_rendition.ts";
import { mainRendition } from "./main_rendition.ts";
import { assertMadeOf, BENCH_FPS, DerivedBench, sourceFrames } from "./testing/derived_bench.ts";
import { H265_B_FRAMES, until } from "./testing/fixtures.ts";

const JPEG = { targetFps: BENCH_FPS, maxWidthPx: 1280, quality: 50, bufferFrames: 1 };
const SPECS = [
  () => mainRendition(new SequenceCounter()),
  () => jpegRendition(JPEG, new SequenceCounter()),
  () => lowRendition(BENCH_FPS, new SequenceCounter()),
];

for (const spec of SPECS) {
  const { name } = spec();

  Deno.test(`${name} of H.265: each access unit becomes a frame without waiting for the next`, async () => {
    const frames = await sourceFrames();
    assert.equal(frames.length, 30);
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(frames.slice(0, 1));
    await bench.untilMade(1);
    bench.feed(frames.slice(1, 2));
    await bench.untilMade(2);
    bench.feed(frames.slice(2));
    await bench.untilMade(30);
    assertMadeOf(bench.made, frames);
  });

  Deno.test(`${name} of H.265, asked for in the middle of a GOP, starts with the newest picture`, async () => {
    const frames = await sourceFrames();
    await using bench = new DerivedBench(spec());
    bench.feed(frames.slice(0, 25));
    bench.rendition.want(true);
    await bench.untilMade(1);
    assertMadeOf(bench.made, frames.slice(24, 25));
    assert.equal(bench.made[0]?.key, true);
  });

  Deno.test(`${name} of H.265 with B-frames: each has its own time`, async () => {
    const frames = await sourceFrames({ args: H265_B_FRAMES });
    const shown = frames.toSorted((a, b) => (a.pts ?? 0) - (b.pts ?? 0));
    assert.notDeepEqual(shown, frames);
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(frames);
    await until(() => bench.made.length >= 25, "25 frames were made");
    const times = new Map(frames.map(({ pts, timestamp }) => [pts, timestamp]));
    for (const { pts, timestamp } of bench.made) assert.equal(timestamp, times.get(pts));
  });

  Deno.test(`${name} of H.265: another size of the camera is another FFmpeg`, async () => {
    const [small, large] = [await sourceFrames(), await sourceFrames({ size: "640x360" })];
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(small.slice(0, 5));
    await bench.untilMade(5);
    bench.feed(large.slice(0, 5));
    await bench.untilMade(10);
    assert.deepEqual([bench.made[4]?.width, bench.made[5]?.width], [320, 640]);
    assert.equal(bench.made[5]?.key, true);
  });
}
