import assert from "node:assert/strict";
import fc from "fast-check";
import { accessUnitsOf, configurationOf, demuxFlv, ffmpeg, h264Flv } from "../testing/fixtures.ts";
import { FLV_FILE_HEADER, flvAccessUnitTag, flvConfigurationTag } from "./flv.ts";

async function joined(parts: readonly Uint8Array<ArrayBuffer>[]) {
  return new Uint8Array(await new Blob([...parts]).arrayBuffer());
}

Deno.test("what is muxed is what our demuxer gets back", async () => {
  const unit = fc.record({
    data: fc.uint8Array({ minLength: 1, maxLength: 2000 }),
    key: fc.boolean(),
    ptsMs: fc.nat({ max: 2 ** 31 - 1 }),
  });
  const config = fc.uint8Array({ minLength: 1, maxLength: 100 });
  await fc.assert(fc.asyncProperty(config, fc.array(unit), async (config, units) => {
    // From one demuxer to the next, so that times may go back.
    for (const { data, key, ptsMs } of units) {
      const flv = await joined([FLV_FILE_HEADER, flvAccessUnitTag({ data, key, ptsMs })]);
      assert.deepEqual(demuxFlv(flv), [
        { kind: "access-unit", data: new Uint8Array(data), key, ptsMs },
      ]);
    }
    const flv = await joined([FLV_FILE_HEADER, flvConfigurationTag(config)]);
    assert.deepEqual(demuxFlv(flv), [
      { kind: "configuration", config: new Uint8Array(config) },
    ]);
  }));
});

Deno.test("FFmpeg gets back the same pictures at the same times, near all 32 bits of them", async () => {
  const source = await h264Flv({ seconds: 1, size: "64x64" });
  const units = accessUnitsOf(source);
  for (const startMs of [0, 2 ** 24 - 500, 2 ** 31 - 500, 2 ** 32 - 70_000]) {
    const flv = await joined([
      FLV_FILE_HEADER,
      flvConfigurationTag(configurationOf(source)),
      ...units.map((unit) => flvAccessUnitTag({ ...unit, ptsMs: startMs + unit.ptsMs })),
    ]);
    assert.equal(await pictureHashes(flv), await pictureHashes(source, startMs), `${startMs}`);
  }
});

/** FFmpeg's list of decoded pictures: time, length, hash. */
async function pictureHashes(flv: Uint8Array<ArrayBuffer>, addedMs = 0): Promise<string> {
  const list = await ffmpeg([
    ...["-copyts", "-f", "flv", "-i", "pipe:0", "-vf", `setpts=PTS+${addedMs}`],
    ...["-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-f", "framemd5", "pipe:1"],
  ], flv);
  const lines = new TextDecoder().decode(list).split("\n").filter((line) => !line.startsWith("#"));
  assert.equal(lines.length, 31, "30 pictures and the end");
  // Without the decoding time, which the muxer guesses.
  return lines.map((line) => line.split(",").slice(2).join(",")).join("\n");
}
