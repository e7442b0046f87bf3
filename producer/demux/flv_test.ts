import assert from "node:assert/strict";
import { MAX_MESSAGE_BYTES, NalType, nalTypeOf, nalUnitsOf } from "@porthole/protocol";
import fc from "fast-check";
import {
  accessUnitsOf,
  configurationOf,
  cut,
  demuxFlv,
  ffmpeg,
  h264Flv,
} from "../testing/fixtures.ts";
import { FlvDemuxer, FlvError, type FlvVideo, NotH264Error } from "./flv.ts";

const FLV = await h264Flv({ seconds: 1 });
const FLV_HEADER = [0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0];

interface Tag {
  readonly type?: number;
  readonly timestamp?: number;
  /** Where the tag says otherwise than it is. */
  readonly claimedBytes?: number;
  readonly payload: readonly number[];
}

function flvOf(...tags: readonly Tag[]): Uint8Array {
  const bytes = tags.flatMap(({ type = 9, timestamp = 0, payload, claimedBytes }) => [
    type,
    ...bigEndian(claimedBytes ?? payload.length, 3),
    ...bigEndian(timestamp % 2 ** 24, 3),
    Math.floor(timestamp / 2 ** 24),
    ...[0, 0, 0],
    ...payload,
    ...bigEndian(payload.length + 11, 4),
  ]);
  return Uint8Array.from([...FLV_HEADER, ...bytes]);
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, n) => Math.floor(value / 256 ** (bytes - 1 - n)) % 256);
}

const NAL_UNIT = [0, 0, 0, 2, 0x41, 0x9a];
const accessUnit = (timestamp: number, composition = [0, 0, 0]): Tag => ({
  timestamp,
  payload: [0x27, 1, ...composition, ...NAL_UNIT],
});

function ptsOf(...tags: readonly Tag[]): number[] {
  return accessUnitsOf(flvOf(...tags)).map(({ ptsMs }) => ptsMs);
}

Deno.test("FFmpeg's FLV comes apart into a configuration and one access unit a picture", () => {
  const [first, ...others] = demuxFlv(FLV);
  assert.equal(first?.kind, "configuration");
  const units = accessUnitsOf(FLV);
  assert.equal(units.length, others.length);
  assert.deepEqual(units.map(({ ptsMs }) => ptsMs), units.map((_, n) => Math.round(n * 1000 / 30)));
  assert.deepEqual(
    units.flatMap(({ key }, n) => key ? [n] : []),
    [0, 15],
    "a keyframe each 15 frames",
  );
  for (const { data, key } of units) {
    const types = [...nalUnitsOf(data)].map(nalTypeOf);
    assert.equal(types.includes(NalType.idr), key);
    assert.equal(types.includes(NalType.slice), !key);
  }
});

Deno.test("where the bytes are cut changes nothing", () => {
  const expected = demuxFlv(FLV);
  const places = fc.array(fc.nat({ max: FLV.byteLength }), { maxLength: 40 });
  const asCut = (places: readonly number[]) => {
    const demuxer = new FlvDemuxer();
    return cut(FLV, places).flatMap((chunk) => [...demuxer.push(chunk)]);
  };
  fc.assert(
    fc.property(places, (places) => assert.deepEqual(asCut(places), expected)),
    { numRuns: 30 },
  );
  const start = 2000;
  assert.deepEqual(asCut(Array.from({ length: start }, (_, place) => place)), expected);
});

Deno.test("an access unit is there with its last byte, not with the next tag", () => {
  const whole = flvOf(accessUnit(0));
  const demuxer = new FlvDemuxer();
  const beforeLastByte = whole.length - 4 - 1;
  assert.equal([...demuxer.push(whole.subarray(0, beforeLastByte))].length, 0);
  assert.equal([...demuxer.push(whole.subarray(beforeLastByte, beforeLastByte + 1))].length, 1);
  assert.equal([...demuxer.push(whole.subarray(beforeLastByte + 1))].length, 0);
});

Deno.test("what comes out is its owner's: later bytes do not change it", () => {
  const demuxer = new FlvDemuxer();
  const out: FlvVideo[] = [];
  for (const chunk of cut(FLV, [1000, 20_000])) {
    out.push(...demuxer.push(chunk));
    chunk.fill(0);
  }
  assert.deepEqual(out, demuxFlv(FLV));
});

Deno.test("audio and script tags, ends of sequences and empty tags are stepped over", () => {
  const flv = flvOf(
    { type: 18, payload: [2, 0, 1, 0x61] },
    { type: 8, payload: [0xaf, 1, 1, 2, 3, 4, 5, 6, 7] },
    { payload: [] },
    { payload: [0x17] },
    { payload: [0x17, 2, 0, 0, 0] },
    { payload: [0x27, 1, 0, 0, 0] },
    accessUnit(40),
  );
  assert.deepEqual(demuxFlv(flv), [
    { kind: "access-unit", data: Uint8Array.from(NAL_UNIT), key: false, ptsMs: 40 },
  ]);
});

Deno.test("composition offsets put B-frames where they are shown", async () => {
  const flv = await h264Flv({
    seconds: 1,
    args: ["-tune", "animation", "-bf", "2", "-b_strategy", "0", "-sc_threshold", "0"],
  });
  const pts = accessUnitsOf(flv).map(({ ptsMs }) => ptsMs);
  const shown = pts.toSorted((a, b) => a - b);
  assert.notDeepEqual(pts, shown, "in decoding order they are not in the order they are shown");
  assert.equal(new Set(pts).size, 30);
  const steps = shown.slice(1).map((ptsMs, n) => ptsMs - (shown[n] ?? 0));
  assert.ok(steps.every((step) => step === 33 || step === 34), steps.join(" "));
});

Deno.test("composition offsets may be negative", () => {
  assert.deepEqual(ptsOf(accessUnit(1000, [0xff, 0xff, 0xd8]), accessUnit(1000, [0, 0, 40])), [
    960,
    1040,
  ]);
});

Deno.test("timestamps go on where FFmpeg's start again, after 25 days", async () => {
  const beforeWrapS = 2147483.1;
  const flv = await h264Flv({
    seconds: 1,
    fps: 10,
    args: ["-vf", `setpts=PTS+${beforeWrapS}/TB`, "-avoid_negative_ts", "disabled"],
  });
  const pts = accessUnitsOf(flv).map(({ ptsMs }) => ptsMs);
  assert.deepEqual(pts, pts.map((_, n) => 2147483100 + n * 100));
  assert.equal(pts.length, 10);
  assert.ok((pts.at(-1) ?? 0) > 2 ** 31, "the source reached the wrap");
});

Deno.test("timestamps of all 32 bits go on as well, time and again", () => {
  const twelveDaysMs = 2 ** 30 - 1000;
  const times = Array.from({ length: 12 }, (_, n) => n * twelveDaysMs);
  assert.deepEqual(ptsOf(...times.map((timestamp) => accessUnit(timestamp % 2 ** 32))), times);
});

Deno.test("a step back that is no wrap stays one", () => {
  assert.deepEqual(ptsOf(accessUnit(5000), accessUnit(4990), accessUnit(5010)), [
    5000,
    4990,
    5010,
  ]);
});

Deno.test("other codecs are told apart, by their number or behind an enhanced header", async () => {
  const sorenson = await ffmpeg([
    ...["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5:duration=1"],
    ...["-c:v", "flv1", "-f", "flv", "pipe:1"],
  ]);
  assert.throws(() => demuxFlv(sorenson), NotH264Error);
  const h265 = [0x90, ...new TextEncoder().encode("hvc1"), 1, 2, 3];
  const isH265 = (error: unknown) => error instanceof NotH264Error && error.isH265;
  assert.throws(() => demuxFlv(flvOf({ payload: h265 })), isH265);
  assert.throws(() => demuxFlv(sorenson), (error) => !isH265(error));
  const enhancedAvc = [0x97, ...new TextEncoder().encode("avc1"), 1, 2, 3];
  assert.throws(() => demuxFlv(flvOf({ payload: enhancedAvc })), NotH264Error);
});

Deno.test("garbage is refused", () => {
  const garbage = new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n");
  assert.throws(() => demuxFlv(garbage), FlvError);
});

Deno.test("a tag that claims more than any access unit has is refused before it is stored", () => {
  const bomb = flvOf({ payload: [], claimedBytes: MAX_MESSAGE_BYTES + 1 });
  assert.throws(() => demuxFlv(bomb.subarray(0, FLV_HEADER.length + 11)), FlvError);
  assert.deepEqual(demuxFlv(flvOf({ payload: [], claimedBytes: MAX_MESSAGE_BYTES })), []);
});

Deno.test("whatever the bytes, the only errors are its own", () => {
  const damage = fc.array(fc.tuple(fc.nat({ max: FLV.byteLength - 1 }), fc.nat({ max: 255 })), {
    maxLength: 20,
  });
  fc.assert(fc.property(damage, (changes) => {
    const bytes = FLV.slice();
    for (const [place, value] of changes) bytes[place] = value;
    try {
      demuxFlv(bytes);
    } catch (error) {
      assert.ok(error instanceof FlvError || error instanceof NotH264Error, String(error));
    }
  }));
});

Deno.test("the configuration is FFmpeg's own record", () => {
  const config = configurationOf(FLV);
  assert.equal(config[0], 1);
  assert.equal((config[4] ?? 0) & 3, 3, "lengths of 4 bytes");
});
