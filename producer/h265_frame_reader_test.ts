import {
  epochNowMs,
  type Frame,
  h265CodecStringOf,
  H265NalType,
  h265NalTypeOf,
  isKeyframe,
  nalUnitsOf,
} from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";
import assert from "node:assert/strict";
import { SequenceCounter } from "./frame_reader.ts";
import { H265FrameReader, NotH265Error } from "./h265_frame_reader.ts";
import { h265InMatroska } from "./mux/matroska.ts";
import { ffmpeg, H265_B_FRAMES, h265Nut } from "./testing/fixtures.ts";

function framesOf(nut: Uint8Array, sequence = new SequenceCounter()): Frame[] {
  return [...new H265FrameReader(sequence).push(nut)];
}

function typesOf({ data }: Frame): number[] {
  return [...nalUnitsOf(data)].map(h265NalTypeOf);
}

/** FFmpeg's own record of the same stream, from the sample entry of an MP4. */
async function recordByFfmpeg(nut: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const mp4 = await ffmpeg([
    ...["-f", "nut", "-i", "pipe:0", "-c", "copy", "-tag:v", "hvc1"],
    ...["-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "pipe:1"],
  ], nut);
  const at = new TextDecoder("latin1").decode(mp4).indexOf("hvcC");
  const bytes = new DataView(mp4.buffer).getUint32(at - 4) - 8;
  return mp4.subarray(at + 4, at + 4 + bytes);
}

Deno.test("FFmpeg's NUT of a camera becomes frames that ingest takes", async () => {
  const beforeMs = Math.floor(epochNowMs());
  const frames = framesOf(await h265Nut({ seconds: 1 }));
  assert.equal(frames.length, 30);
  const [first] = frames;
  frames.forEach((frame, index) => {
    assert.deepEqual(parseFrame(frame), frame);
    const { timestamp, data: _data, config, ...fields } = frame;
    assert.ok(timestamp >= beforeMs && timestamp <= epochNowMs() + 1);
    assert.deepEqual(fields, {
      width: 320,
      height: 240,
      codec: "hvc1.1.6.L60.90",
      key: index % 15 === 0,
      seq: index,
      pts: Math.round(index * 1000 / 30) * 1000,
      rendition: "source",
    });
    assert.equal(config, fields.key ? first?.config : undefined, "the same record all along");
  });
});

Deno.test("parameter sets are in the configuration, as FFmpeg writes it, and nowhere else", async () => {
  const nut = await h265Nut({ seconds: 1 });
  const frames = framesOf(nut);
  const sets: readonly number[] = Object.values(H265NalType);
  for (const frame of frames) assert.ok(!typesOf(frame).some((type) => sets.includes(type)));
  const config = frames[0]?.config ?? new Uint8Array(0);
  const theirs = await recordByFfmpeg(nut);
  const head = (record: Uint8Array) => [
    ...[record.subarray(0, 13).toHex(), record.subarray(16, 19).toHex(), record[21]],
  ];
  assert.deepEqual(head(config), head(theirs));
  assert.equal(h265CodecStringOf(theirs), frames[0]?.codec);
  const held = (record: Uint8Array) => new TextDecoder("latin1").decode(record);
  for (const set of setsOf(config)) assert.ok(held(theirs).includes(held(set)));
  assert.deepEqual(setsOf(config).map(h265NalTypeOf), [32, 33, 34]);
});

function setsOf(config: Uint8Array): Uint8Array[] {
  const view = new DataView(config.buffer, config.byteOffset);
  const sets: Uint8Array[] = [];
  for (let at = 23; at < config.byteLength;) {
    assert.equal(view.getUint16(at + 1), 1);
    const bytes = view.getUint16(at + 3);
    sets.push(config.subarray(at + 5, at + 5 + bytes));
    at += 5 + bytes;
  }
  return sets;
}

Deno.test("an FFmpeg decodes configuration and access units to the camera's very pictures", async () => {
  const nut = await h265Nut({ seconds: 1, args: H265_B_FRAMES });
  const frames = framesOf(nut);
  const { config, width, height } = frames[0] ?? assert.fail("there are none");
  assert.ok(config !== undefined);
  const units = frames.map(({ data, key = false, pts = 0 }) =>
    h265InMatroska.accessUnit({ data, key, ptsMs: pts / 1000 })
  );
  const matroska = Uint8Array.from(
    [h265InMatroska.begin({ config, width, height }), ...units].flatMap((bytes) => [...bytes]),
  );
  const pictures = async (bytes: Uint8Array<ArrayBuffer>, format: string) => {
    const hashes = await ffmpeg([
      ...["-xerror", "-err_detect", "explode", "-f", format, "-i", "pipe:0"],
      ...["-fps_mode", "passthrough", "-f", "framemd5", "pipe:1"],
    ], bytes);
    return new TextDecoder().decode(hashes).split("\n").filter((line) => /^\d/.test(line))
      .map((line) => line.split(",").at(-1));
  };
  const expected = await pictures(nut, "nut");
  assert.equal(expected.length, 30);
  assert.deepEqual(await pictures(matroska, "matroska"), expected);
});

Deno.test("B-frames come in the order of decoding, each with the time it is shown at", async () => {
  const frames = framesOf(await h265Nut({ seconds: 1, args: H265_B_FRAMES }));
  const times = frames.map(({ pts = NaN }) => pts / 1000);
  const shown = times.toSorted((a, b) => a - b);
  assert.notDeepEqual(times, shown);
  const steps = shown.slice(1).map((ms, n) => ms - (shown[n] ?? 0));
  assert.ok(steps.every((step) => step === 33 || step === 34), steps.join(" "));
  assert.deepEqual(frames.map(({ seq }) => seq), frames.map((_, index) => index));
});

Deno.test("an open GOP begins with a CRA picture, which is a keyframe", async () => {
  const args = [
    "-x265-params",
    "log-level=error:keyint=10:min-keyint=10:open-gop=1:bframes=2:b-adapt=0:repeat-headers=1",
  ];
  const keyframes = framesOf(await h265Nut({ seconds: 1, args })).filter(isKeyframe);
  assert.ok(keyframes.slice(1).some((frame) => typesOf(frame).includes(21)));
  for (const frame of keyframes) assert.deepEqual(parseFrame(frame), frame);
});

Deno.test("a camera that changes its size under way says so in band, and that counts", async () => {
  const [small, large] = [await h265Nut({ seconds: 1 }), await h265Nut({ size: "640x360" })];
  const reader = new H265FrameReader(new SequenceCounter());
  const before = [...reader.push(small)];
  // Without headers, as the same FFmpeg goes on: what follows the large one's own.
  const syncpoint = Uint8Array.fromHex("4e4be4adeeca4569");
  const from = indexOf(large, syncpoint);
  const after = [...reader.push(large.subarray(from))];
  assert.deepEqual([before.at(-1)?.width, after[0]?.width, after[0]?.height], [320, 640, 360]);
  assert.equal(after[0]?.key, true);
  assert.notDeepEqual(after[0]?.config, before[0]?.config);
  assert.deepEqual(after[0], parseFrame(after[0]));
});

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const text = new TextDecoder("latin1");
  return text.decode(bytes).indexOf(text.decode(wanted));
}

Deno.test("nothing comes out before the first keyframe, and numbers go on", async () => {
  const sequence = new SequenceCounter();
  const nut = await h265Nut({ seconds: 1 });
  framesOf(nut, sequence);
  assert.equal(framesOf(nut, sequence)[0]?.seq, 30);
  const withoutKeyframe = await ffmpeg([
    ...["-f", "nut", "-i", "pipe:0", "-c", "copy", "-bsf:v", "noise=drop=key", "-f", "nut", "-"],
  ], nut);
  assert.deepEqual(framesOf(withoutKeyframe), []);
});

Deno.test("what browsers do not play, or is no H.265, is to be transcoded", async () => {
  for (const pixels of ["yuv422p", "yuv444p"]) {
    const nut = await h265Nut({ seconds: 1, args: ["-pix_fmt", pixels] });
    assert.throws(() => framesOf(nut), NotH265Error, pixels);
  }
  const main10 = framesOf(await h265Nut({ seconds: 1, args: ["-pix_fmt", "yuv420p10le"] }));
  assert.match(main10[0]?.codec ?? "", /^hvc1\.2\.4\./);
  const h264 = await ffmpeg([
    ...["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5:duration=1"],
    ...["-c:v", "libx264", "-f", "nut", "pipe:1"],
  ]);
  assert.throws(() => framesOf(h264), NotH265Error);
});
