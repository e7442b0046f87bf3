import { type Frame, jpegSize } from "@porthole/protocol";
import { createRedact } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { H264FrameReader, SequenceCounter } from "./frame_reader.ts";
import { JpegRendition } from "./jpeg_rendition.ts";
import {
  captureLog,
  h264Flv,
  type H264Options,
  insteadOfFfmpeg,
  until,
} from "./testing/fixtures.ts";

/** A clock of its own for the frames, so that no other time can be taken for theirs. */
const FIRST_TIMESTAMP = 1_000_000;

async function mainFrames(options: H264Options = {}): Promise<Frame[]> {
  const reader = new H264FrameReader(new SequenceCounter());
  const frames = [...reader.push(await h264Flv({ seconds: 1, ...options }))];
  return frames.map((frame, index) => ({ ...frame, timestamp: FIRST_TIMESTAMP + index * 7 }));
}

/** The rendition under test with what came out of it. */
class Bench implements AsyncDisposable {
  readonly jpegs: Frame[] = [];
  readonly rendition = new JpegRendition({
    sequence: new SequenceCounter(),
    jpeg: { targetFps: 60, maxWidthPx: 1280, quality: 50, bufferFrames: 1 },
    redact: createRedact(),
    onFrame: (frame) => void this.jpegs.push(frame),
  });

  feed(frames: readonly Frame[]): void {
    for (const frame of frames) this.rendition.feed(frame);
  }

  async untilJpegs(count: number): Promise<void> {
    await until(() => this.jpegs.length >= count, `${count} JPEGs came`);
    assert.equal(this.jpegs.length, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rendition[Symbol.asyncDispose]();
  }
}

/** Lets the real FFmpeg run, and tells of each one. */
async function watchFfmpeg() {
  const file = await Deno.makeTempFile();
  const script = `echo "$$ $*" >> ${file}; PATH="\${PATH#*:}" exec ffmpeg "$@"`;
  const instead = await insteadOfFfmpeg(script);
  return {
    /** Process id and arguments of all that were started. */
    started: async () =>
      (await Deno.readTextFile(file)).split("\n").filter((line) => line !== "").map((line) => {
        const [pid, ...args] = line.split(" ");
        return { pid: Number(pid), args: args.join(" ") };
      }),
    async [Symbol.asyncDispose]() {
      await instead[Symbol.asyncDispose]();
      await Deno.remove(file);
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function assertMatch(jpegs: readonly Frame[], sources: readonly Frame[]): void {
  assert.deepEqual(
    jpegs.map(({ pts, timestamp }) => ({ pts, timestamp })),
    sources.map(({ pts, timestamp }) => ({ pts, timestamp })),
  );
  for (const [index, jpeg] of jpegs.entries()) {
    const { width, height, seq, rendition, codec, data } = jpeg;
    assert.deepEqual(jpegSize(data), { width, height });
    assert.deepEqual({ seq, rendition, codec }, { seq: index, rendition: "jpeg", codec: "jpeg" });
  }
}

Deno.test("each access unit becomes a JPEG of its own time, without waiting for the next", async () => {
  const frames = await mainFrames();
  await using bench = new Bench();
  bench.rendition.want(true);
  assert.equal(bench.rendition.isRunning, false, "there is nothing to work on yet");
  bench.feed(frames.slice(0, 1));
  await bench.untilJpegs(1);
  bench.feed(frames.slice(1));
  await bench.untilJpegs(30);
  assertMatch(bench.jpegs, frames);
});

Deno.test("B-frames come out in the order they are shown, each with its own time", async () => {
  const args = ["-tune", "animation", "-bf", "2", "-b_strategy", "0", "-sc_threshold", "0"];
  const frames = await mainFrames({ args });
  const shown = frames.toSorted((a, b) => (a.pts ?? 0) - (b.pts ?? 0));
  assert.notDeepEqual(shown, frames);
  await using bench = new Bench();
  bench.rendition.want(true);
  bench.feed(frames);
  // Those before the reordering is known to the decoder may come late or be lost.
  await until(() => bench.jpegs.length >= 25, "25 JPEGs came");
  const times = new Map(frames.map(({ pts, timestamp }) => [pts, timestamp]));
  for (const { pts, timestamp } of bench.jpegs) assert.equal(timestamp, times.get(pts));
});

Deno.test("asked for in the middle of a GOP, it starts with the newest picture at once", async () => {
  const frames = await mainFrames();
  await using bench = new Bench();
  bench.feed(frames.slice(0, 25));
  assert.equal(bench.rendition.isRunning, false);
  bench.rendition.want(true);
  assert.equal(bench.rendition.isRunning, true);
  await bench.untilJpegs(1);
  assertMatch(bench.jpegs, frames.slice(24, 25));
  bench.feed(frames.slice(25));
  await bench.untilJpegs(6);
  assertMatch(bench.jpegs, frames.slice(24));
});

Deno.test("no longer wanted, its FFmpeg ends; wanted again, it goes on counting", async () => {
  const frames = await mainFrames();
  await using ffmpegs = await watchFfmpeg();
  await using bench = new Bench();
  bench.rendition.want(true);
  bench.rendition.want(true);
  bench.feed(frames.slice(0, 15));
  await bench.untilJpegs(15);
  bench.rendition.want(false);
  assert.equal(bench.rendition.isRunning, false);
  const [first, ...others] = await ffmpegs.started();
  assert.ok(first !== undefined && others.length === 0);
  await until(() => !isRunning(first.pid), "FFmpeg was gone");
  bench.feed(frames.slice(15, 20));
  bench.rendition.want(true);
  await bench.untilJpegs(16);
  assertMatch(bench.jpegs, [...frames.slice(0, 15), ...frames.slice(19, 20)]);
  await bench.rendition[Symbol.asyncDispose]();
  for (const { pid } of await ffmpegs.started()) assert.ok(!isRunning(pid));
  bench.feed(frames.slice(20));
  assert.equal(bench.rendition.isRunning, false, "disposed of, it stays so");
});

Deno.test("another size of the camera is another FFmpeg", async () => {
  const [small, large] = [await mainFrames(), await mainFrames({ size: "640x360" })];
  await using bench = new Bench();
  bench.rendition.want(true);
  bench.feed(small.slice(0, 10));
  await bench.untilJpegs(10);
  bench.feed(large.slice(0, 10));
  await bench.untilJpegs(20);
  assertMatch(bench.jpegs, [...small.slice(0, 10), ...large.slice(0, 10)]);
  assert.deepEqual([bench.jpegs[9]?.width, bench.jpegs[10]?.width], [320, 640]);
});

Deno.test("a camera that starts anew is waited for: its old pictures lead nowhere", async () => {
  const frames = await mainFrames();
  await using bench = new Bench();
  bench.rendition.want(true);
  bench.feed(frames.slice(0, 5));
  await bench.untilJpegs(5);
  bench.rendition.sourceEnded();
  assert.equal(bench.rendition.isRunning, false);
  bench.feed(frames.slice(5, 15));
  assert.equal(bench.rendition.isRunning, false, "delta frames start nothing");
  bench.feed(frames.slice(0, 5));
  await bench.untilJpegs(10);
  assertMatch(bench.jpegs, [...frames.slice(0, 5), ...frames.slice(0, 5)]);
});

Deno.test("an FFmpeg that is killed is told of and replaced", async () => {
  const frames = await mainFrames();
  await using ffmpegs = await watchFfmpeg();
  await using log = await captureLog();
  await using bench = new Bench();
  bench.rendition.want(true);
  bench.feed(frames.slice(0, 10));
  await bench.untilJpegs(10);
  const [first] = await ffmpegs.started();
  assert.ok(first !== undefined);
  Deno.kill(first.pid, "SIGKILL");
  await until(() => !bench.rendition.isRunning, "the rest after a failure was over");
  assert.ok(log.lines.some((line) => /WARN producer.jpeg: making JPEGs failed/.test(line)));
  bench.feed(frames.slice(10, 12));
  await bench.untilJpegs(12);
  assertMatch(bench.jpegs, frames.slice(0, 12));
});

Deno.test("untagged colours are BT.709 from 720 lines up, tagged ones are as they say", async () => {
  const colours = async (options: H264Options) => {
    const frames = await mainFrames({ fps: 1, ...options });
    await using ffmpegs = await watchFfmpeg();
    await using bench = new Bench();
    bench.rendition.want(true);
    bench.feed(frames);
    await bench.untilJpegs(1);
    const [first] = await ffmpegs.started();
    return /in_color_matrix=\w+:in_range=\w+/.exec(first?.args ?? "")?.[0];
  };
  const full709 = ["-color_range", "pc", "-colorspace", "bt709"];
  assert.equal(await colours({ size: "320x240" }), "in_color_matrix=bt601:in_range=tv");
  assert.equal(await colours({ size: "1280x720" }), "in_color_matrix=bt709:in_range=tv");
  assert.equal(await colours({ args: full709 }), "in_color_matrix=auto:in_range=pc");
});

Deno.test("without FFmpeg it says so and lives on", async () => {
  const frames = await mainFrames();
  await using _ = await insteadOfFfmpeg(undefined);
  await using log = await captureLog();
  await using bench = new Bench();
  bench.rendition.want(true);
  bench.feed(frames);
  await until(() => log.lines.some((line) => /FFmpeg is not installed/.test(line)), "it said so");
});
