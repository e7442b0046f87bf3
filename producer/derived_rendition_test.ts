import type { Frame } from "@porthole/protocol";
import FakeTimers from "@sinonjs/fake-timers";
import assert from "node:assert/strict";
import type { DerivedRenditionSpec } from "./derived_rendition.ts";
import { SequenceCounter } from "./frame_reader.ts";
import { jpegRendition } from "./jpeg_rendition.ts";
import { lowRendition } from "./low_rendition.ts";
import {
  assertMadeOf,
  BENCH_FPS,
  DerivedBench,
  isRunning,
  later,
  mainFrames,
  watchFfmpeg,
} from "./testing/derived_bench.ts";
import { captureLog, insteadOfFfmpeg, until } from "./testing/fixtures.ts";

const JPEG = { targetFps: BENCH_FPS, maxWidthPx: 1280, quality: 50, bufferFrames: 1 };
const SPECS: Readonly<Record<string, () => DerivedRenditionSpec>> = {
  jpeg: () => jpegRendition(JPEG, new SequenceCounter()),
  low: () => lowRendition(BENCH_FPS, new SequenceCounter()),
};
/** More than half of what the containers' clocks count up to, ms. */
const WEEKS_MS = 2 ** 30 + 1;

for (const [name, spec] of Object.entries(SPECS)) {
  const test = (what: string, body: () => Promise<void>) => Deno.test(`${name}: ${what}`, body);

  test("each access unit becomes a frame of its own time, without waiting for the next", async () => {
    const frames = await mainFrames();
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    assert.equal(bench.rendition.isRunning, false, "there is nothing to work on yet");
    bench.feed(frames.slice(0, 1));
    await bench.untilMade(1);
    bench.feed(frames.slice(1));
    await bench.untilMade(30);
    assertMadeOf(bench.made, frames);
    for (const made of bench.made) assert.equal(made.rendition, name);
  });

  test("B-frames come out in the order they are shown, each with its own time", async () => {
    const args = ["-tune", "animation", "-bf", "2", "-b_strategy", "0", "-sc_threshold", "0"];
    const frames = await mainFrames({ args });
    const shown = frames.toSorted((a, b) => (a.pts ?? 0) - (b.pts ?? 0));
    assert.notDeepEqual(shown, frames);
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(frames);
    // Those before the reordering is known to the decoder may come late or be lost.
    await until(() => bench.made.length >= 25, "25 frames were made");
    const times = new Map(frames.map(({ pts, timestamp }) => [pts, timestamp]));
    for (const { pts, timestamp } of bench.made) assert.equal(timestamp, times.get(pts));
  });

  test("asked for in the middle of a GOP, it starts with the newest picture at once", async () => {
    const frames = await mainFrames();
    await using bench = new DerivedBench(spec());
    bench.feed(frames.slice(0, 25));
    assert.equal(bench.rendition.isRunning, false);
    bench.rendition.want(true);
    assert.equal(bench.rendition.isRunning, true);
    await bench.untilMade(1);
    assertMadeOf(bench.made, frames.slice(24, 25));
    assert.equal(bench.made[0]?.key, true);
    bench.feed(frames.slice(25));
    await bench.untilMade(6);
    assertMadeOf(bench.made, frames.slice(24));
  });

  test("no longer wanted, its FFmpeg ends; wanted again, it goes on counting", async () => {
    const frames = await mainFrames();
    await using ffmpegs = await watchFfmpeg();
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.rendition.want(true);
    bench.feed(frames.slice(0, 15));
    await bench.untilMade(15);
    bench.rendition.want(false);
    assert.equal(bench.rendition.isRunning, false);
    const [first, ...others] = await ffmpegs.started();
    assert.ok(first !== undefined && others.length === 0);
    await until(() => !isRunning(first.pid), "FFmpeg was gone");
    bench.feed(frames.slice(15, 20));
    bench.rendition.want(true);
    await bench.untilMade(16);
    assertMadeOf(bench.made, [...frames.slice(0, 15), ...frames.slice(19, 20)]);
    assert.equal(bench.made[15]?.key, true);
    await bench.rendition[Symbol.asyncDispose]();
    for (const { pid } of await ffmpegs.started()) assert.ok(!isRunning(pid));
    bench.feed(frames.slice(20));
    assert.equal(bench.rendition.isRunning, false, "disposed of, it stays so");
  });

  test("another size of the camera is another FFmpeg", async () => {
    const [small, large] = [await mainFrames(), await mainFrames({ size: "640x360" })];
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(small.slice(0, 10));
    await bench.untilMade(10);
    bench.feed(large.slice(0, 10));
    await bench.untilMade(20);
    assertMadeOf(bench.made, [...small.slice(0, 10), ...large.slice(0, 10)]);
    assert.deepEqual([bench.made[9]?.width, bench.made[10]?.width], [320, 640]);
    assert.equal(bench.made[10]?.key, true);
  });

  test("a camera that starts anew is waited for: its old pictures lead nowhere", async () => {
    const frames = await mainFrames();
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(frames.slice(0, 5));
    await bench.untilMade(5);
    bench.rendition.sourceEnded();
    assert.equal(bench.rendition.isRunning, false);
    bench.feed(frames.slice(5, 15));
    assert.equal(bench.rendition.isRunning, false, "delta frames start nothing");
    bench.feed(frames.slice(0, 5));
    await bench.untilMade(10);
    assertMadeOf(bench.made, [...frames.slice(0, 5), ...frames.slice(0, 5)]);
  });

  test("times are found again on a camera's clock that has run for two months", async () => {
    const frames = later(await mainFrames(), 5 * WEEKS_MS);
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(frames);
    await bench.untilMade(30);
    assertMadeOf(bench.made, frames);
  });

  test("after twelve days another FFmpeg takes over, before its clock runs out", async () => {
    const frames = await mainFrames();
    const weeksLater = later(frames, WEEKS_MS);
    await using ffmpegs = await watchFfmpeg();
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(frames);
    await bench.untilMade(30);
    bench.feed(weeksLater);
    await bench.untilMade(60);
    assertMadeOf(bench.made, [...frames, ...weeksLater]);
    assert.equal((await ffmpegs.started()).length, 2);
  });

  test("an FFmpeg that is killed is told of and replaced", async () => {
    const frames = await mainFrames();
    await using ffmpegs = await watchFfmpeg();
    await using log = await captureLog();
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(frames.slice(0, 10));
    await bench.untilMade(10);
    const [first] = await ffmpegs.started();
    assert.ok(first !== undefined);
    Deno.kill(first.pid, "SIGKILL");
    await until(() => !bench.rendition.isRunning, "the rest after a failure was over");
    const failure = new RegExp(`WARN producer.${name}: making .* failed`);
    assert.ok(log.lines.some((line) => failure.test(line)));
    bench.feed(frames.slice(10, 12));
    await bench.untilMade(12);
    assertMadeOf(bench.made, frames.slice(0, 12));
  });

  test("an FFmpeg that is frozen is told of and replaced", async () => {
    const frames = await mainFrames();
    await using ffmpegs = await watchFfmpeg();
    await using log = await captureLog();
    const clock = FakeTimers.install({ toFake: ["performance"] });
    try {
      await using bench = new DerivedBench(spec());
      bench.rendition.want(true);
      bench.feed(frames.slice(0, 10));
      await bench.untilMade(10);
      const [first] = await ffmpegs.started();
      assert.ok(first !== undefined);
      Deno.kill(first.pid, "SIGSTOP");
      bench.feed(frames.slice(10, 20));
      clock.tick(3_500);
      bench.feed(frames.slice(20, 21));
      assert.ok(log.lines.some((line) => /FFmpeg answers no more/.test(line)));
      await bench.untilMade(11);
      assert.equal(bench.made.at(-1)?.timestamp, frames[20]?.timestamp);
      assert.ok(!isRunning(first.pid));
    } finally {
      clock.uninstall();
    }
  });

  test("an FFmpeg that takes pictures and makes nothing of them is replaced", async () => {
    const [keyframe, delta] = await mainFrames();
    assert.ok(keyframe !== undefined && delta !== undefined);
    await using _ = await insteadOfFfmpeg("exec cat > /dev/null");
    await using log = await captureLog();
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    const tiny = delta.data.subarray(0, 64);
    bench.feed([keyframe]);
    const warns = () => log.lines.filter((line) => /makes nothing of the pictures/.test(line));
    const fed = Array.from(
      { length: 4096 },
      (_, n): Frame => ({ ...delta, data: tiny, seq: n + 1, pts: (n + 1) * 1_000 }),
    );
    bench.feed(fed);
    assert.deepEqual(warns(), []);
    bench.feed([{ ...keyframe, pts: 4097_000 }]);
    assert.equal(warns().length, 1);
    assert.equal(bench.rendition.isRunning, true, "another has begun");
  });

  test("without FFmpeg it says so and lives on", async () => {
    const frames = await mainFrames();
    await using _ = await insteadOfFfmpeg(undefined);
    await using log = await captureLog();
    await using bench = new DerivedBench(spec());
    bench.rendition.want(true);
    bench.feed(frames);
    await until(() => log.lines.some((line) => /FFmpeg is not installed/.test(line)), "it said so");
  });
}
