import assert from "node:assert/strict";
import { MAX_MESSAGE_BYTES } from "@porthole/protocol";
import fc from "fast-check";
import { cut, ffmpeg, H265_B_FRAMES, h265Nut } from "../testing/fixtures.ts";
import { NutDemuxer, NutError, type NutVideo } from "./nut.ts";

const NUT = await h265Nut({ seconds: 1 });

function demuxNut(nut: Uint8Array): NutVideo[] {
  return [...new NutDemuxer().push(nut)];
}

/** What FFmpeg's own demuxer makes of it: pts in ms, size and whether it is a keyframe. */
async function packetsOf(nut: Uint8Array<ArrayBuffer>): Promise<unknown[][]> {
  const crcs = new TextDecoder().decode(
    await ffmpeg(
      ["-f", "nut", "-i", "pipe:0", "-c", "copy", "-copyts", "-f", "framecrc", "-"],
      nut,
    ),
  );
  const [, numerator = "", denominator = ""] = /#tb 0: (\d+)\/(\d+)/.exec(crcs) ?? [];
  return crcs.split("\n").filter((line) => /^0,/.test(line)).map((line) => {
    const [, , pts, , size] = line.split(",").map(Number);
    const ms = Math.round((pts ?? NaN) * 1000 * Number(numerator) / Number(denominator));
    return [ms, size, !line.includes("F=0x0")];
  });
}

function asPackets(videos: readonly NutVideo[]): unknown[][] {
  return videos.flatMap((video) =>
    video.kind === "access-unit" ? [[video.ptsMs, video.data.byteLength, video.key]] : []
  );
}

Deno.test("FFmpeg's NUT comes apart into what FFmpeg finds in it", async () => {
  const [first, ...units] = demuxNut(NUT);
  assert.ok(first?.kind === "configuration");
  assert.equal(first.fourcc, "HEVC");
  assert.equal(first.data.subarray(0, 5).toHex(), "0000000140", "a VPS behind its start code");
  assert.equal(units.length, 30);
  assert.deepEqual(asPackets(units), await packetsOf(NUT));
  assert.deepEqual(
    units.map((unit) => unit.kind === "access-unit" && unit.ptsMs),
    units.map((_, n) => Math.round(n * 1000 / 30)),
  );
});

Deno.test("so does one with B-frames, whose times are not in order", async () => {
  const nut = await h265Nut({ seconds: 1, args: H265_B_FRAMES });
  const packets = asPackets(demuxNut(nut));
  assert.deepEqual(packets, await packetsOf(nut));
  const times = packets.map(([ptsMs]) => Number(ptsMs));
  assert.notDeepEqual(times, times.toSorted((a, b) => a - b));
});

Deno.test("headers are written again as it gets long, and frames are longer than headers say", async () => {
  const nut = await h265Nut({
    ...{ size: "640x480", fps: 10, seconds: 1, gopFrames: 2 },
    args: ["-vf", "noise=alls=100:allf=t", "-b:v", "100M"],
  });
  assert.ok(nut.byteLength > 2 ** 20, "it reaches the second headers");
  assert.deepEqual(asPackets(demuxNut(nut)), await packetsOf(nut));
});

Deno.test("times are those of the camera, whose clock may have run for months", async () => {
  const args = ["-vf", "setpts=PTS+5000000/TB", "-avoid_negative_ts", "disabled"];
  const nut = await h265Nut({ seconds: 1, fps: 10, args });
  const times = asPackets(demuxNut(nut)).map(([ptsMs]) => ptsMs);
  assert.deepEqual(times, times.map((_, n) => 5_000_000_000 + n * 100));
});

Deno.test("where the bytes are cut changes nothing", () => {
  const expected = demuxNut(NUT);
  const asCut = (places: readonly number[]) => {
    const demuxer = new NutDemuxer();
    return cut(NUT, places).flatMap((chunk) => [...demuxer.push(chunk)]);
  };
  const places = fc.array(fc.nat({ max: NUT.byteLength }), { maxLength: 40 });
  fc.assert(
    fc.property(places, (places) => assert.deepEqual(asCut(places), expected)),
    { numRuns: 30 },
  );
  assert.deepEqual(asCut(Array.from({ length: 1500 }, (_, place) => place)), expected);
});

Deno.test("an access unit is there with its last byte, not with the next one, and is its owner's", () => {
  const demuxer = new NutDemuxer();
  const whole = asPackets(demuxNut(NUT));
  const bytes = NUT.slice();
  let seen = 0;
  for (let end = 1; seen < 3; end++) {
    const chunk = bytes.subarray(end - 1, end);
    for (const video of demuxer.push(chunk)) {
      if (video.kind !== "access-unit") continue;
      assert.deepEqual(video.data.at(-1), bytes[end - 1]);
      assert.deepEqual([video.ptsMs, video.data.byteLength, video.key], whole[seen++]);
    }
  }
});

Deno.test("garbage is refused, and so is what claims more than any access unit has", () => {
  const garbage = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
  assert.throws(() => demuxNut(garbage), NutError);
  const afterId = 25 + 8;
  const claims = NUT.slice(0, afterId + 4);
  claims.set([0x90, 0x80, 0x80, 0x00], afterId); // 2^25 bytes
  assert.ok(2 ** 25 > MAX_MESSAGE_BYTES);
  assert.throws(() => demuxNut(claims), NutError);
});

Deno.test("two streams are refused: there is one video", async () => {
  const two = await ffmpeg([
    ...["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5:duration=1"],
    ...["-f", "lavfi", "-i", "sine=duration=1", "-f", "nut", "pipe:1"],
  ]);
  assert.throws(() => demuxNut(two), NutError);
});

Deno.test("whatever the bytes, the only errors are its own", () => {
  const place = fc.nat({ max: 4_000 });
  const damage = fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(damage, (changes) => {
    const bytes = NUT.slice();
    for (const [at, value] of changes) bytes[at] = value;
    try {
      demuxNut(bytes);
    } catch (error) {
      assert.ok(error instanceof NutError, String(error));
    }
  }));
});
