import { jpegSize } from "@porthole/protocol";
import assert from "node:assert/strict";
import { SequenceCounter } from "./frame_reader.ts";
import { jpegRendition } from "./jpeg_rendition.ts";
import {
  assertMadeOf,
  BENCH_FPS,
  DerivedBench,
  later,
  mainFrames,
  watchFfmpeg,
} from "./testing/derived_bench.ts";
import type { H264Options } from "./testing/fixtures.ts";

function newBench(): DerivedBench {
  const jpeg = { targetFps: BENCH_FPS, maxWidthPx: 160, quality: 50, bufferFrames: 1 };
  return new DerivedBench(jpegRendition(jpeg, new SequenceCounter()));
}

Deno.test("JPEGs are whole, of the size they say, and at most as wide as was set", async () => {
  const frames = await mainFrames();
  await using bench = newBench();
  bench.rendition.want(true);
  bench.feed(frames);
  await bench.untilMade(30);
  assertMadeOf(bench.made, frames);
  for (const { width, height, codec, key, data } of bench.made) {
    assert.deepEqual({ width, height, codec, key }, {
      ...{ width: 160, height: 120, codec: "jpeg", key: true },
    });
    assert.deepEqual(jpegSize(data), { width, height });
  }
});

Deno.test("another frame rate of the camera changes nothing for JPEGs", async () => {
  const frames = await mainFrames({ fps: 5, gopFrames: 5 });
  await using ffmpegs = await watchFfmpeg();
  await using bench = newBench();
  bench.rendition.want(true);
  const seconds = [0, 1, 2, 3, 4, 5].flatMap((second) => later(frames, second * 1000));
  bench.feed(seconds);
  await bench.untilMade(30);
  assertMadeOf(bench.made, seconds);
  assert.equal((await ffmpegs.started()).length, 1);
});

Deno.test("untagged colours are BT.709 from 720 lines up, tagged ones are as they say", async () => {
  const colours = async (options: H264Options) => {
    const frames = await mainFrames({ fps: 1, ...options });
    await using ffmpegs = await watchFfmpeg();
    await using bench = newBench();
    bench.rendition.want(true);
    bench.feed(frames);
    await bench.untilMade(1);
    const [first] = await ffmpegs.started();
    return /in_color_matrix=\w+:in_range=\w+/.exec(first?.args ?? "")?.[0];
  };
  const full709 = ["-color_range", "pc", "-colorspace", "bt709"];
  assert.equal(await colours({ size: "320x240" }), "in_color_matrix=bt601:in_range=tv");
  assert.equal(await colours({ size: "1280x720" }), "in_color_matrix=bt709:in_range=tv");
  assert.equal(await colours({ args: full709 }), "in_color_matrix=auto:in_range=pc");
});
