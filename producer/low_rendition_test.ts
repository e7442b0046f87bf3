import { type Frame, isKeyframe, nalTypeOf, nalUnitsOf } from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";
import assert from "node:assert/strict";
import { lowFromMainArgs, type MainSource } from "./ffmpeg_args.ts";
import { SequenceCounter } from "./frame_reader.ts";
import { coloursOf } from "./h264/colours.ts";
import { parseDecoderConfiguration } from "./h264/decoder_configuration.ts";
import { parseSequenceParameterSet } from "./h264/sps.ts";
import { lowRendition } from "./low_rendition.ts";
import { assertStripes, COLOUR_CASES, h264Stripes } from "./testing/colours.ts";
import {
  assertMadeOf,
  DerivedBench,
  later,
  mainFrames,
  watchFfmpeg,
} from "./testing/derived_bench.ts";
import {
  accessUnitsOf,
  configurationOf,
  ffmpeg,
  type FlvAccessUnit,
  h264Flv,
  until,
} from "./testing/fixtures.ts";

const MAX_KEYFRAME_BYTES = 19_000;

/** The low rendition that FFmpeg makes of a whole FLV. */
function lowOf(
  flv: Uint8Array<ArrayBuffer>,
  { targetFps = 30, ...from }: Partial<MainSource> & { readonly targetFps?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const colours = coloursOf(configurationOf(flv));
  const source = { format: "flv", colours, fromPtsMs: 0, fps: 30, ...from } as const;
  return ffmpeg(lowFromMainArgs(source, targetFps), flv);
}

function spsOf(flv: Uint8Array) {
  const [sps] = parseDecoderConfiguration(configurationOf(flv)).sps;
  assert.ok(sps !== undefined);
  return parseSequenceParameterSet(sps);
}

/** What a decoder makes of it, one line a picture: its size and a checksum. It ends at an error. */
async function decoded(flv: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const checksums = await ffmpeg(
    ["-xerror", "-err_detect", "explode", "-i", "pipe:0", "-f", "framemd5", "pipe:1"],
    flv,
  );
  return new TextDecoder().decode(checksums).split("\n").filter((line) => /^\d/.test(line));
}

function meanBytes(units: readonly FlvAccessUnit[]): number {
  return units.reduce((sum, { data }) => sum + data.byteLength, 0) / units.length;
}

/** Noise, so that every picture is as hard to compress as any. */
function hardFlv(fps: number, seconds: number): Promise<Uint8Array<ArrayBuffer>> {
  const noise = ["-vf", "noise=alls=40:allf=t", "-b:v", "4M", "-maxrate", "4M", "-bufsize", "2M"];
  return h264Flv({ size: "640x360", fps, seconds, gopFrames: 2 * fps, args: noise });
}

Deno.test("the arguments: one thread each way, no look-ahead, times as they came", () => {
  const colours = { assumed: "bt709", unnamed: ["matrix"], fullRange: false } as const;
  const args = lowFromMainArgs({ format: "flv", colours, fromPtsMs: 1_234, fps: 12.5 }, 25);
  const after = (option: string) => args[args.indexOf(option) + 1] ?? "";
  const decoding = args.slice(0, args.indexOf("-i"));
  const encoding = args.slice(args.indexOf("-i"));
  for (const half of [decoding, encoding]) assert.equal(half[half.indexOf("-threads") + 1], "1");
  assert.ok(decoding.includes("-copyts") && !args.includes("nobuffer"));
  assert.ok(!args.includes("-nostdin"), "it reads there");
  assert.deepEqual(
    ["-i", "-tune", "-profile:v", "-bf", "-maxrate", "-x264-params", "-fps_mode"].map(after),
    ["pipe:0", "zerolatency", "baseline", "0", "400k", "fps=12.500", "passthrough"],
  );
  assert.match(after("-vf"), /^select='gte\(t,1\.234\)',/);
  assert.match(after("-vf"), /setparams=colorspace=bt709,/);
});

const SIZES: readonly [main: string, low: string][] = [
  ["1920x1080", "640x360"],
  ["1280x720", "640x360"],
  ["2688x1520", "640x362"],
  ["1080x1920", "640x1138"],
  ["640x480", "640x480"],
  ["642x362", "640x360"],
  ["322x180", "322x180"],
];

for (const [main, low] of SIZES) {
  Deno.test(`of ${main} px, low is ${low}, of square pixels`, async () => {
    const flv = await lowOf(await h264Flv({ size: main, fps: 2, seconds: 1 }));
    const { width, height, profileIdc } = spsOf(flv);
    assert.deepEqual([`${width}x${height}`, profileIdc], [low, 66]);
    const shape = await ffmpeg(
      ["-i", "pipe:0", "-vf", "scale=iw*sar:ih", "-f", "framemd5", "pipe:1"],
      flv,
    );
    assert.match(new TextDecoder().decode(shape), new RegExp(`#dimensions 0: ${low}\n`));
  });
}

for (const fps of [10, 25, 30]) {
  Deno.test(`the hardest pictures at ${fps} fps: 400 kbps, small keyframes each second`, async () => {
    const seconds = 3;
    const main = await hardFlv(fps, seconds);
    const low = await lowOf(main, { fps });
    const units = accessUnitsOf(low);
    assert.deepEqual(
      units.map(({ ptsMs }) => ptsMs),
      accessUnitsOf(main).map(({ ptsMs }) => ptsMs),
    );
    const kbps = 8 * meanBytes(units) * fps / 1000;
    assert.ok(kbps > 300 && kbps < 450, `${kbps} kbps`);
    const keyframes = units.filter(({ key }) => key);
    assert.ok(keyframes.length >= seconds && keyframes.length <= seconds + 2);
    keyframes.forEach(({ data, ptsMs }, index) => {
      assert.ok(data.byteLength < MAX_KEYFRAME_BYTES, `${data.byteLength} bytes at ${ptsMs}`);
      assert.ok(ptsMs - (keyframes[index - 1]?.ptsMs ?? 0) <= 1000, `a keyframe at ${ptsMs}`);
    });
    const deltaFrames = units.filter(({ key }) => !key);
    const ratio = meanBytes(keyframes.slice(1)) / meanBytes(deltaFrames);
    assert.ok(ratio > 2, `keyframes that make do with ${ratio} delta frames are seen as a pulse`);
    assert.equal((await decoded(low)).length, units.length);
  });
}

Deno.test("an SPS that lies about the frame rate changes nothing", async () => {
  const lie = ["-bsf:v", "h264_metadata=tick_rate=100"];
  const main = await h264Flv({ size: "640x360", fps: 10, seconds: 6, gopFrames: 60, args: lie });
  const honest = await h264Flv({ size: "640x360", fps: 10, seconds: 6, gopFrames: 60 });
  const [low, expected] = [await lowOf(main, { fps: 10 }), await lowOf(honest, { fps: 10 })];
  assert.deepEqual(
    accessUnitsOf(low).map(({ data }) => data.byteLength),
    accessUnitsOf(expected).map(({ data }) => data.byteLength),
  );
});

Deno.test("a still picture takes a fraction of the rate", async () => {
  const still = ["-vf", "loop=loop=-1:size=1,trim=duration=4,setpts=N/30/TB"];
  const low = await lowOf(await h264Flv({ size: "1280x720", seconds: 4, args: still }));
  const kbps = 8 * meanBytes(accessUnitsOf(low)) * 30 / 1000;
  assert.ok(kbps < 200, `${kbps} kbps`);
});

Deno.test("at most so many frames a second, each at the time of one of the camera's", async () => {
  const main = await h264Flv({ seconds: 2, fps: 60 });
  const times = new Set(accessUnitsOf(main).map(({ ptsMs }) => ptsMs));
  const low = accessUnitsOf(await lowOf(main, { targetFps: 15, fps: 15 }));
  assert.ok(low.length >= 30 && low.length <= 31, `${low.length}`);
  for (const { ptsMs } of low) assert.ok(times.has(ptsMs), `${ptsMs}`);
});

Deno.test("pictures of the same time, from a camera that stumbles, do not end it", async () => {
  const frames = (await mainFrames({ gopFrames: 30 })).map((frame, index) => ({
    ...frame,
    pts: Math.floor(index / 2) * 66_000,
  }));
  await using bench = new DerivedBench(lowRendition(60, new SequenceCounter()));
  bench.rendition.want(true);
  bench.feed(frames);
  await until(() => bench.made.at(-1)?.pts === frames.at(-1)?.pts, "the last frame was made");
  const times = (made: readonly Frame[]) => new Set(made.map(({ pts }) => pts));
  assert.deepEqual(times(bench.made), times(frames));
});

for (const [name, colours] of Object.entries(COLOUR_CASES)) {
  Deno.test(`low has the camera's colours, and says which: ${name}`, async () => {
    const low = await lowOf(await h264Stripes(colours));
    const { assumed, unnamed, fullRange } = coloursOf(configurationOf(low));
    assert.deepEqual({ assumed, unnamed, fullRange }, {
      ...{ assumed: colours.matrix, unnamed: [], fullRange: false },
    });
    await assertStripes(low, `scale=in_color_matrix=${colours.matrix}:in_range=tv`);
  });
}

Deno.test("the frames are what ingest takes, the first a keyframe", async () => {
  const frames = await mainFrames({ size: "1280x720" });
  await using bench = new DerivedBench(lowRendition(60, new SequenceCounter()));
  bench.rendition.want(true);
  bench.feed(frames);
  await bench.untilMade(30);
  assertMadeOf(bench.made, frames);
  bench.made.forEach((frame, index) => {
    assert.deepEqual(parseFrame(frame), frame);
    const { width, height, codec, rendition, data, config } = frame;
    assert.deepEqual({ width, height, codec, rendition }, {
      ...{ width: 640, height: 360, codec: "avc1.42c01f", rendition: "low" },
    });
    assert.equal(isKeyframe(frame), index === 0 || index === 29);
    assert.equal(config !== undefined, isKeyframe(frame));
    for (const nal of nalUnitsOf(data)) assert.ok(nalTypeOf(nal) !== 7, "parameter sets are apart");
  });
});

Deno.test("a camera that changes its frame rate gets another FFmpeg at its next keyframe", async () => {
  const [slow, fast] = [
    await mainFrames({ fps: 10, gopFrames: 10 }),
    await mainFrames({ fps: 30, gopFrames: 30 }),
  ];
  const config = slow[0]?.config;
  assert.ok(config !== undefined);
  // The camera says nothing of it: its parameter sets stay what they were.
  const seconds = Array.from(
    { length: 13 },
    (_, second) =>
      later(second < 6 ? slow : fast, second * 1000)
        .map((frame) => isKeyframe(frame) ? { ...frame, config } : frame),
  );
  await using ffmpegs = await watchFfmpeg();
  await using bench = new DerivedBench(lowRendition(60, new SequenceCounter()));
  bench.rendition.want(true);
  let fed = 0;
  for (const frames of seconds) {
    bench.feed(frames);
    await bench.untilMade(fed += frames.length);
  }
  assertMadeOf(bench.made, seconds.flat());
  const rates = (await ffmpegs.started()).map(({ args }) => /fps=([\d.]+)/.exec(args)?.[1]);
  assert.deepEqual(rates, ["60.000", "10.000", "20.000", "30.000"]);
});
