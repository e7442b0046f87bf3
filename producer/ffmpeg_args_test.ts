import { jpegSize } from "@porthole/protocol";
import assert from "node:assert/strict";
import type { JpegConfig } from "./config.ts";
import { SmjpegDemuxer, type TimedJpeg } from "./demux/smjpeg.ts";
import {
  cameraArgs,
  type CameraPlan,
  jpegFromMainArgs,
  type MainSource,
  quantiserScaleFor,
} from "./ffmpeg_args.ts";
import { coloursOf, type VideoColours } from "./h264/colours.ts";
import { parseDecoderConfiguration } from "./h264/decoder_configuration.ts";
import { parseSequenceParameterSet } from "./h264/sps.ts";
import { assertStripes, COLOUR_CASES, h264Stripes, stripes } from "./testing/colours.ts";
import { FLV_FILE_HEADER, flvAccessUnitTag, flvConfigurationTag } from "./mux/flv.ts";
import { accessUnitsOf, configurationOf, ffmpeg, h264Flv } from "./testing/fixtures.ts";

const JPEG: JpegConfig = { targetFps: 30, maxWidthPx: 1280, quality: 85, bufferFrames: 1 };
const UNTAGGED_SD: VideoColours = {
  assumed: "bt601",
  unnamed: ["matrix", "primaries", "transfer"],
  fullRange: false,
};
const SOURCE: MainSource = { format: "flv", colours: UNTAGGED_SD, fromPtsMs: 0, fps: 30 };
const URL_OF_CAMERA = "rtsp://admin:a%20b@cam/1?x=$(id);'\"";

function argsFor(plan: CameraPlan, patient = false, jpeg = JPEG): string[] {
  return cameraArgs({ url: URL_OF_CAMERA, plan, patient, silenceMs: 5000 }, jpeg);
}

/** What the plan makes of any other source than a camera. */
function outputOf(plan: CameraPlan, jpeg = JPEG): string[] {
  const args = argsFor(plan, false, jpeg);
  return args.slice(args.indexOf("pipe:0") + 1);
}

function valueOf(args: readonly string[], option: string): string {
  return args[args.indexOf(option) + 1] ?? "";
}

function source(size: string, fps = 30, seconds = 1, filters = ""): string[] {
  return ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${fps}:duration=${seconds}${filters}`];
}

async function jpegsFromH264(
  flv: Uint8Array<ArrayBuffer>,
  { jpeg = {}, from = {} }: {
    jpeg?: Partial<JpegConfig>;
    from?: Partial<MainSource>;
  } = {},
): Promise<TimedJpeg[]> {
  const args = jpegFromMainArgs({ ...SOURCE, ...from }, { ...JPEG, ...jpeg });
  return [...new SmjpegDemuxer().push(await ffmpeg(args, flv))];
}

Deno.test("passing through touches no bit and waits for nothing", () => {
  assert.deepEqual(argsFor("passthrough"), [
    ...["-hide_banner", "-loglevel", "error"],
    ...["-protocol_whitelist", "pipe", "-f", "concat", "-safe", "0", "-auto_convert", "0"],
    ...["-probesize", "32", "-analyzeduration", "0"],
    ...["-i", "pipe:0", "-map", "0:v:0", "-c:v", "copy"],
    ...["-flvflags", "no_duration_filesize+no_metadata", "-f", "flv"],
    ...["-metadata:s:v", "camera=rtsp://cam/"],
    ...["-flush_packets", "1", "pipe:1"],
  ]);
});

Deno.test("no plan has the URL in its arguments; each decodes with one thread, if at all", () => {
  for (const plan of ["passthrough", "transcode", "jpeg"] as const) {
    const args = argsFor(plan);
    assert.doesNotMatch(args.join("\n"), /cam\/1|admin|a%20b|\$\(id\)/);
    assert.equal(valueOf(args, "-metadata:s:v"), "camera=rtsp://cam/", "where it is, no more");
    assert.ok(!args.includes("nobuffer"), "it loses the first IDR");
    const decoding = args.slice(0, args.indexOf("-i"));
    assert.equal(decoding.includes("-threads"), plan !== "passthrough");
  }
});

Deno.test("patience reads packets before it decides", () => {
  assert.equal(valueOf(argsFor("passthrough", true), "-probesize"), "1000000");
  assert.equal(valueOf(argsFor("passthrough", true), "-analyzeduration"), "2000000");
});

/** How many of the pictures, 16x16 in size, the JPEG plan lets through; `times` rewrites theirs. */
async function countPaced(fps: number, targetFps: number, times = "PTS"): Promise<number> {
  const filters = valueOf(outputOf("jpeg", { ...JPEG, targetFps }), "-vf");
  const pictures = await ffmpeg([
    ...source("16x16", fps, 2),
    ...["-vf", `setpts='${times}',${filters}`, "-fps_mode", "passthrough"],
    ...["-pix_fmt", "gray", "-f", "rawvideo", "pipe:1"],
  ]);
  return pictures.byteLength / (16 * 16);
}

const PACES: readonly [fps: number, targetFps: number, kept: number][] = [
  [30, 30, 60],
  [25, 30, 50],
  [50, 30, 60],
  [25, 20, 40],
  [60, 30, 60],
  [30, 1, 2],
];

for (const [fps, targetFps, kept] of PACES) {
  Deno.test(`of two seconds at ${fps} fps, at most ${targetFps} fps are kept`, async () => {
    const count = await countPaced(fps, targetFps);
    if (fps <= targetFps) assert.equal(count, kept);
    else assert.ok(Math.abs(count - kept) <= 1, `${count} of ${fps * 2}`);
  });
}

Deno.test("pacing: times that jitter around the same rate lose nothing", async () => {
  assert.equal(await countPaced(30, 30, "PTS+mod(N,3)*0.006/TB"), 60);
});

Deno.test("pacing: a pause does not pay for a burst", async () => {
  // 60 fps with a hole of ten seconds: the same number as without, and one.
  const count = await countPaced(60, 30, "if(gte(N,60),PTS+10/TB,PTS)");
  assert.ok(count >= 60 && count <= 62, `${count}`);
});

Deno.test("pacing: a camera that sets its clock back, or once has no time, is not shut out", async () => {
  assert.ok(await countPaced(30, 30, "if(gte(N,30),PTS-0.9/TB,PTS)") >= 59);
  assert.ok(await countPaced(30, 30, "if(gte(N,30),PTS-3600/TB,PTS)") >= 59);
  assert.equal(await countPaced(30, 30, "if(eq(N,30),NAN,PTS)"), 60);
});

Deno.test("JPEGs made from H.264 keep the times of their access units", async () => {
  const flv = await h264Flv({ seconds: 1 });
  const expected = accessUnitsOf(flv).map(({ ptsMs }) => ptsMs);
  assert.deepEqual((await jpegsFromH264(flv)).map(({ ptsMs }) => ptsMs), expected);
  const paced = await jpegsFromH264(flv, { jpeg: { targetFps: 10 } });
  assert.ok(paced.length >= 10 && paced.length <= 11);
  for (const { ptsMs } of paced) assert.ok(expected.includes(ptsMs));
});

Deno.test("they keep them however irregular they are and wherever they start", async () => {
  const times = Array.from({ length: 30 }, (_, index) => 100_000 + index * 20 + (index % 3) ** 3);
  const jpegs = await jpegsFromH264(await h264FlvAt(times), { jpeg: { targetFps: 120 } });
  assert.deepEqual(jpegs.map(({ ptsMs }) => ptsMs), times);
});

Deno.test("pictures of the same time, from a camera that stumbles, do not end it", async () => {
  const times = Array.from({ length: 30 }, (_, index) => 1_000 + Math.floor(index / 2) * 66);
  const jpegs = await jpegsFromH264(await h264FlvAt(times), { jpeg: { targetFps: 120 } });
  assert.deepEqual(new Set(jpegs.map(({ ptsMs }) => ptsMs)), new Set(times));
});

/** A second of H.264, its access units at other times. */
async function h264FlvAt(timesMs: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
  const flv = await h264Flv({ seconds: 1 });
  const blob = new Blob([
    FLV_FILE_HEADER,
    flvConfigurationTag(configurationOf(flv)),
    ...accessUnitsOf(flv).map(({ data, key }, index) =>
      flvAccessUnitTag({ data, key, ptsMs: timesMs[index] ?? NaN })
    ),
  ]);
  return new Uint8Array(await blob.arrayBuffer());
}

Deno.test("pictures that only lead up to the live one are not encoded, the live one is", async () => {
  const flv = await h264Flv({ seconds: 1 });
  const times = accessUnitsOf(flv).map(({ ptsMs }) => ptsMs);
  for (const index of [0, 7, 13, 29]) {
    const jpegs = await jpegsFromH264(flv, { from: { fromPtsMs: times[index] ?? NaN } });
    assert.deepEqual(jpegs.map(({ ptsMs }) => ptsMs), times.slice(index));
  }
});

Deno.test("quality 1-100 maps to FFmpeg's scale, never finer for less", () => {
  const scales = Array.from({ length: 100 }, (_, index) => quantiserScaleFor(index + 1));
  assert.deepEqual([1, 23, 50, 75, 85, 95, 100].map(quantiserScaleFor), [31, 31, 14, 7, 4, 2, 2]);
  scales.forEach((scale, index) => {
    assert.ok(Number.isInteger(scale) && scale >= 2 && scale <= 31);
    assert.ok(index === 0 || scale <= (scales[index - 1] ?? 0));
  });
});

/** The mean of the luma table's 64 coefficients (ITU-T T.81, B.2.4.1). */
function quantisationOf(jpeg: Uint8Array): number {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  let offset = 2;
  while (view.getUint16(offset) !== 0xffdb) offset += 2 + view.getUint16(offset + 2);
  const table = jpeg.subarray(offset + 5, offset + 5 + 64);
  return table.reduce((sum, value) => sum + value, 0) / 64;
}

Deno.test("the real tables are as coarse as IJG's of the same quality, and the sizes follow", async () => {
  const flv = await h264Flv({ seconds: 1, fps: 2, args: ["-crf", "10"] });
  const made: { quality: number; coarseness: number; bytes: number }[] = [];
  for (const quality of [30, 50, 70, 85]) {
    const [jpeg] = await jpegsFromH264(flv, { jpeg: { quality } });
    assert.ok(jpeg !== undefined);
    made.push({ quality, coarseness: quantisationOf(jpeg.data), bytes: jpeg.data.byteLength });
  }
  for (const [index, { quality, coarseness, bytes }] of made.entries()) {
    const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    const ofIjg = 57.6 * percent / 100;
    assert.ok(Math.abs(coarseness / ofIjg - 1) < 0.15, `${quality}: ${coarseness}, ${ofIjg}`);
    assert.ok(index === 0 || bytes > 1.1 * (made[index - 1]?.bytes ?? 0), JSON.stringify(made));
  }
});

Deno.test("JPEGs are at most so wide, in the shape of the picture, never enlarged", async () => {
  const sizeFrom = async (size: string, maxWidthPx: number) => {
    const flv = await h264Flv({ size, seconds: 1, fps: 1 });
    const [jpeg] = await jpegsFromH264(flv, { jpeg: { maxWidthPx } });
    return jpeg === undefined ? undefined : jpegSize(jpeg.data);
  };
  assert.deepEqual(await sizeFrom("1920x1080", 1280), { width: 1280, height: 720 });
  assert.deepEqual(await sizeFrom("640x360", 1280), { width: 640, height: 360 });
  assert.deepEqual(await sizeFrom("640x360", 101), { width: 101, height: 56 });
});

for (const [name, colours] of Object.entries(COLOUR_CASES)) {
  Deno.test(`JPEGs show the right colours: ${name}`, async () => {
    const flv = await h264Stripes(colours);
    const from = { colours: coloursOf(configurationOf(flv)) };
    const [jpeg] = await jpegsFromH264(flv, { from });
    assert.ok(jpeg !== undefined);
    // As JFIF has it, whatever may be written into the file.
    await assertStripes(jpeg.data, "scale=in_color_matrix=bt601:in_range=pc");
  });
}

async function transcode(input: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  return await ffmpeg([...input, ...outputOf("transcode")]);
}

function spsOf(flv: Uint8Array) {
  const [sps] = parseDecoderConfiguration(configurationOf(flv)).sps;
  assert.ok(sps !== undefined);
  return parseSequenceParameterSet(sps);
}

for (const fps of [12, 25, 30]) {
  Deno.test(`transcoded at ${fps} fps: each picture, in order, a keyframe each second`, async () => {
    const units = accessUnitsOf(await transcode(source("320x240", fps, 3)));
    assert.deepEqual(
      units.map(({ ptsMs }) => ptsMs),
      Array.from({ length: 3 * fps }, (_, index) => Math.round(index * 1000 / fps)),
      "no B-frames: shown in the order of decoding",
    );
    const keyTimes = units.filter(({ key }) => key).map(({ ptsMs }) => ptsMs);
    assert.equal(keyTimes[0], 0);
    [...keyTimes, 3000].forEach((ptsMs, index) => {
      const gopMs = ptsMs - (keyTimes[index - 1] ?? 0);
      assert.ok(gopMs <= 1000, `a GOP of ${gopMs} ms at ${ptsMs}`);
    });
    assert.ok(keyTimes.length <= 5, `${keyTimes.length} keyframes`);
  });
}

Deno.test("transcoded: after a pause a keyframe, and not a row of them", async () => {
  const pause = ",setpts='if(gte(N,30),PTS+5/TB,PTS)'";
  const units = accessUnitsOf(await transcode(source("320x240", 30, 2, pause)));
  assert.equal(units.length, 60);
  assert.deepEqual(units.flatMap(({ key }, index) => key ? [index] : []), [0, 29, 30, 59]);
});

Deno.test("transcoded is what every browser decodes: baseline, 4:2:0, at most 1920 wide", async () => {
  const tenBit = await transcode([...source("642x358", 5), "-pix_fmt", "yuv422p10le"]);
  assert.deepEqual(spsOf(tenBit), {
    ...{ profileIdc: 66, width: 642, height: 358, chromaFormatIdc: 1, bitDepthLuma: 8 },
    ...{ colourPrimaries: 1, transferCharacteristics: 1, matrixCoefficients: 2, fullRange: false },
  });
  const { width, height } = spsOf(await transcode(source("2560x1440", 2)));
  assert.deepEqual({ width, height }, { width: 1920, height: 1080 });
});

Deno.test("transcoded colours are right: an MJPEG camera's, full range by BT.601", async () => {
  const camera = stripes({ size: "320x240", matrix: "bt601", range: "pc" }, "yuvj420p");
  const mjpeg = await ffmpeg([...camera, "-c:v", "mjpeg", "-q:v", "2", "-f", "mjpeg", "pipe:1"]);
  const flv = await ffmpeg(["-f", "mjpeg", "-i", "pipe:0", ...outputOf("transcode")], mjpeg);
  await assertStripes(flv, "scale=in_color_matrix=bt601:in_range=tv");
  const { matrixCoefficients, fullRange } = spsOf(flv);
  assert.equal(fullRange, false);
  assert.ok(matrixCoefficients === 5 || matrixCoefficients === 6, "and says so");
});
