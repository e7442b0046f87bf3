import {
  epochNowMs,
  type Frame,
  isKeyframe,
  NalType,
  nalTypeOf,
  nalUnitsOf,
} from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";
import assert from "node:assert/strict";
import { NotH264Error } from "./demux/flv.ts";
import { H264FrameReader, JpegFrameReader, SequenceCounter } from "./frame_reader.ts";
import { FLV_FILE_HEADER, flvAccessUnitTag, flvConfigurationTag } from "./mux/flv.ts";
import {
  accessUnitsOf,
  configurationOf,
  ffmpeg,
  type FlvAccessUnit,
  h264Flv,
} from "./testing/fixtures.ts";

const IN_BAND = ["-bsf:v", "dump_extra=freq=keyframe"];
const HIGH = ["-preset", "veryfast", "-profile:v", "high"];

function framesOf(chunks: Iterable<Uint8Array>, reader = newReader()): Frame[] {
  return [...chunks].flatMap((chunk) => [...reader.push(chunk)]);
}

function newReader(): H264FrameReader {
  return new H264FrameReader(new SequenceCounter());
}

function tagsOf(units: readonly FlvAccessUnit[]): Uint8Array[] {
  return units.map((unit) => flvAccessUnitTag(unit));
}

Deno.test("FFmpeg's FLV becomes frames that ingest takes", async () => {
  const flv = await h264Flv({ seconds: 1, args: HIGH });
  const beforeMs = Math.floor(epochNowMs());
  const frames = framesOf([flv]);
  assert.equal(frames.length, 30);
  frames.forEach((frame, index) => {
    assert.deepEqual(parseFrame(frame), frame);
    const { timestamp, data: _data, config, ...fields } = frame;
    assert.ok(timestamp >= beforeMs && timestamp <= epochNowMs() + 1);
    assert.deepEqual(fields, {
      width: 320,
      height: 240,
      codec: "avc1.64000d",
      key: index % 15 === 0,
      seq: index,
      pts: Math.round(index * 1000 / 30) * 1000,
      rendition: "main",
    });
    assert.deepEqual(config, fields.key ? configurationOf(flv) : undefined);
  });
  assert.deepEqual(frames.map(({ data }) => data), accessUnitsOf(flv).map(({ data }) => data));
});

Deno.test("the slices of a picture are one frame", async () => {
  const frames = framesOf([
    await h264Flv({ seconds: 1, args: ["-x264-params", "sliced-threads=0:slices=4"] }),
  ]);
  assert.equal(frames.length, 30);
  for (const { data, key } of frames) {
    const type = key ? NalType.idr : NalType.slice;
    const slices = [...nalUnitsOf(data)].filter((nal) => nalTypeOf(nal) === type);
    assert.equal(slices.length, 4);
  }
});

Deno.test("nothing comes out before the first keyframe", async () => {
  const flv = await h264Flv({ seconds: 1 });
  const fromDelta = accessUnitsOf(flv).slice(7);
  const frames = framesOf([
    FLV_FILE_HEADER,
    flvConfigurationTag(configurationOf(flv)),
    ...tagsOf(fromDelta),
  ]);
  assert.equal(frames.length, 15);
  assert.deepEqual([frames[0]?.key, frames[0]?.seq, frames[0]?.pts], [true, 0, 500_000]);
});

Deno.test("numbers go on where the FFmpeg before left off", async () => {
  const flv = await h264Flv({ seconds: 1 });
  const sequence = new SequenceCounter();
  framesOf([flv], new H264FrameReader(sequence));
  assert.equal(framesOf([flv], new H264FrameReader(sequence))[0]?.seq, 30);
});

Deno.test("a camera that changes its size under way says so in band, and that counts", async () => {
  const [small, large] = await Promise.all(
    ["320x240", "640x360"].map((size) => h264Flv({ seconds: 1, size, args: IN_BAND })),
  );
  assert.ok(small !== undefined && large !== undefined);
  const frames = framesOf([
    small,
    ...tagsOf(accessUnitsOf(large)),
    ...tagsOf(accessUnitsOf(small)),
  ]);
  assert.deepEqual(frames.map(({ width, height }) => `${width}x${height}`), [
    ...Array(30).fill("320x240"),
    ...Array(30).fill("640x360"),
    ...Array(30).fill("320x240"),
  ]);
  const configs = frames.filter(isKeyframe).map(({ config }) => config);
  assert.deepEqual(configs[2], configurationOf(large));
  assert.equal(configs[2], configs[3], "the same record for as long as nothing changes");
  assert.deepEqual(configs[4], configurationOf(small));
});

Deno.test("a new configuration tag under way counts as well", async () => {
  const [small, large] = await Promise.all(
    ["320x240", "640x360"].map((size) => h264Flv({ seconds: 1, size })),
  );
  assert.ok(small !== undefined && large !== undefined);
  const change = [flvConfigurationTag(configurationOf(large)), ...tagsOf(accessUnitsOf(large))];
  const frames = framesOf([small, ...change]);
  assert.deepEqual([frames[29]?.width, frames[30]?.width], [320, 640]);
  assert.deepEqual(frames[30]?.config, configurationOf(large));
});

Deno.test("repeated in-band sets leave FFmpeg's own record in place", async () => {
  const flv = await h264Flv({ seconds: 1, args: [...HIGH, ...IN_BAND] });
  const keyframes = framesOf([flv]).filter(isKeyframe);
  assert.equal(keyframes.length, 2);
  for (const { config } of keyframes) assert.deepEqual(config, configurationOf(flv));
});

Deno.test("without a configuration the in-band sets serve; without either nothing comes", async () => {
  const flv = await h264Flv({ seconds: 1, args: IN_BAND });
  const frames = framesOf([FLV_FILE_HEADER, ...tagsOf(accessUnitsOf(flv))]);
  assert.equal(frames.length, 30);
  assert.deepEqual(frames[0]?.config, configurationOf(flv));
  const bare = await h264Flv({ seconds: 1 });
  assert.deepEqual(framesOf([FLV_FILE_HEADER, ...tagsOf(accessUnitsOf(bare))]), []);
});

Deno.test("what browsers do not play is as good as another codec", async () => {
  for (const pixels of ["yuv422p", "yuv444p", "yuv420p10le"]) {
    const flv = await h264Flv({ seconds: 1, args: ["-pix_fmt", pixels] });
    assert.throws(() => framesOf([flv]), NotH264Error, pixels);
  }
});

Deno.test("SMJPEG becomes JPEG frames that ingest takes, each at the time of its picture", async () => {
  const smjpeg = await ffmpeg([
    ...["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=1"],
    ...["-c:v", "mjpeg", "-f", "smjpeg", "pipe:1"],
  ]);
  const sequence = new SequenceCounter();
  sequence.next();
  const reader = new JpegFrameReader(sequence, (ptsMs) => ({
    timestamp: 1_000_000 + ptsMs,
    pts: 7 + ptsMs * 1000,
  }));
  const frames = [...reader.push(smjpeg)];
  assert.equal(frames.length, 10);
  frames.forEach((frame, index) => {
    assert.deepEqual(parseFrame(frame), frame);
    const { data: _data, ...fields } = frame;
    assert.deepEqual(fields, {
      timestamp: 1_000_000 + index * 100,
      width: 96,
      height: 64,
      codec: "jpeg",
      key: true,
      seq: index + 1,
      pts: 7 + index * 100_000,
      rendition: "jpeg",
    });
  });
});

Deno.test("a picture that FFmpeg calls a keyframe is none without an IDR", async () => {
  const flv = await h264Flv({ seconds: 1 });
  const header = [FLV_FILE_HEADER, flvConfigurationTag(configurationOf(flv))];
  const units = accessUnitsOf(flv);
  const recoveryPoints = units.slice(1, 5).map((unit) => ({ ...unit, key: true }));
  const frames = framesOf([...header, ...tagsOf([...recoveryPoints, ...units.slice(15, 17)])]);
  assert.deepEqual(frames.map(({ key, seq }) => [key, seq]), [[true, 0], [false, 1]]);
});

Deno.test("a camera without any IDR is to be transcoded", async () => {
  const flv = await h264Flv({ seconds: 1 });
  const header = [FLV_FILE_HEADER, flvConfigurationTag(configurationOf(flv))];
  const gradual = Array.from({ length: 601 }, () => accessUnitsOf(flv).slice(1, 2)).flat();
  assert.throws(() => framesOf([...header, ...tagsOf(gradual)]), NotH264Error);
});
