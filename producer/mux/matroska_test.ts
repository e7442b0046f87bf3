import assert from "node:assert/strict";
import type { Frame } from "@porthole/protocol";
import { sourceFrames } from "../testing/derived_bench.ts";
import { ffmpeg, H265_B_FRAMES } from "../testing/fixtures.ts";
import { h265InMatroska } from "./matroska.ts";

/** More ms than 32 bits hold. */
const MONTHS_MS = 2 ** 32 + 5;

function matroskaOf(frames: readonly Frame[], laterMs: number): Uint8Array<ArrayBuffer> {
  const [{ config, width, height } = assert.fail("there are no frames")] = frames;
  assert.ok(config !== undefined);
  const units = frames.map(({ data, key = false, pts = 0 }) =>
    h265InMatroska.accessUnit({ data, key, ptsMs: pts / 1000 + laterMs })
  );
  const parts = [h265InMatroska.begin({ config, width, height }), ...units];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("FFmpeg finds every access unit, its time, and whether it is a keyframe", async () => {
  const frames = await sourceFrames({ args: H265_B_FRAMES });
  const matroska = matroskaOf(frames, MONTHS_MS);
  const crcs = new TextDecoder().decode(
    await ffmpeg([
      ...["-f", "matroska", "-i", "pipe:0", "-c", "copy", "-copyts", "-f", "framecrc", "pipe:1"],
    ], matroska),
  );
  assert.match(crcs, /#dimensions 0: 320x240/);
  assert.match(crcs, /#codec_id 0: hevc/);
  const found = crcs.split("\n").filter((line) => /^0,/.test(line)).map((line) => {
    const [, , ptsMs, , bytes] = line.split(",").map(Number);
    return [ptsMs, bytes, !line.includes("F=0x0")];
  });
  assert.deepEqual(
    found,
    frames.map(({ pts = 0, data, key }) => [pts / 1000 + MONTHS_MS, data.byteLength, key]),
  );
});
