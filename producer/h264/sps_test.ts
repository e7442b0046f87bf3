import assert from "node:assert/strict";
import fc from "fast-check";
import { BitWriter } from "../testing/bit_writer.ts";
import { configurationOf, ffmpeg } from "../testing/fixtures.ts";
import { parseDecoderConfiguration } from "./decoder_configuration.ts";
import { COLOUR_UNSPECIFIED, parseSequenceParameterSet, type SequenceParameterSet } from "./sps.ts";

/** The SPS that x264 writes for one picture. */
async function spsOf(size: string, args: readonly string[]): Promise<Uint8Array> {
  const flv = await ffmpeg([
    ...["-f", "lavfi", "-i", `color=gray:size=${size}:rate=25`, "-frames:v", "1"],
    ...["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-threads", "1"],
    ...args,
    ...["-f", "flv", "pipe:1"],
  ]);
  const [sps] = parseDecoderConfiguration(configurationOf(flv)).sps;
  assert.ok(sps !== undefined);
  return sps;
}

const PLAIN = {
  profileIdc: 100,
  chromaFormatIdc: 1,
  bitDepthLuma: 8,
  colourPrimaries: COLOUR_UNSPECIFIED,
  transferCharacteristics: COLOUR_UNSPECIFIED,
  matrixCoefficients: COLOUR_UNSPECIFIED,
  fullRange: false,
};

interface Case {
  readonly size: string;
  readonly args?: readonly string[];
  readonly differs?: Partial<SequenceParameterSet>;
}

const CASES: Readonly<Record<string, Case>> = {
  "whole macroblocks": { size: "1280x720" },
  "cropped height": { size: "1920x1080" },
  "cropped both ways": { size: "638x358" },
  "4K": { size: "3840x2160" },
  "least": { size: "16x16" },
  "baseline": {
    size: "640x360",
    args: ["-profile:v", "baseline"],
    differs: { profileIdc: 66 },
  },
  "main": { size: "640x360", args: ["-profile:v", "main"], differs: { profileIdc: 77 } },
  "with B-frames and another order of pictures": { size: "320x240", args: ["-bf", "3"] },
  "interlaced: fields, cropped in twice the units": {
    size: "1920x1080",
    args: ["-x264-params", "interlaced=1"],
  },
  "High 4:2:2, cropped": {
    size: "638x358",
    args: ["-pix_fmt", "yuv422p"],
    differs: { profileIdc: 122, chromaFormatIdc: 2 },
  },
  "High 4:4:4, cropped by single pixels": {
    size: "637x357",
    args: ["-vf", "format=yuv444p,scale=637:357", "-pix_fmt", "yuv444p"],
    differs: { profileIdc: 244, chromaFormatIdc: 3 },
  },
  "High 10": {
    size: "320x240",
    args: ["-pix_fmt", "yuv420p10le"],
    differs: { profileIdc: 110, bitDepthLuma: 10 },
  },
  "gray, which FFmpeg takes for full range": {
    size: "638x358",
    args: ["-pix_fmt", "gray"],
    differs: { chromaFormatIdc: 0, fullRange: true },
  },
  "BT.709, with primaries and transfer of others": {
    size: "320x240",
    args: ["-colorspace", "bt709", "-color_primaries", "bt470bg", "-color_trc", "linear"],
    differs: { colourPrimaries: 5, transferCharacteristics: 8, matrixCoefficients: 1 },
  },
  "BT.601, full range": {
    size: "320x240",
    args: ["-colorspace", "smpte170m", "-color_range", "pc"],
    differs: { matrixCoefficients: 6, fullRange: true },
  },
  "full range alone": {
    size: "320x240",
    args: ["-color_range", "pc"],
    differs: { fullRange: true },
  },
  "colours behind pixels of an odd shape": {
    size: "320x240",
    args: ["-vf", "setsar=7/9", "-colorspace", "bt709", "-x264-params", "overscan=show"],
    differs: { matrixCoefficients: 1 },
  },
};

for (const [name, { size, args = [], differs = {} }] of Object.entries(CASES)) {
  Deno.test(`SPS of x264: ${name}`, async () => {
    const [width, height] = size.split("x").map(Number);
    assert.deepEqual(parseSequenceParameterSet(await spsOf(size, args)), {
      ...PLAIN,
      width,
      height,
      ...differs,
    });
  });
}

/** A baseline SPS up to its picture order count. */
function baseline(): BitWriter {
  return new BitWriter().uint(66, 8).uint(30, 16).unsignedGolomb(0).unsignedGolomb(0);
}

/** What follows the picture order count; sizes in macroblocks. */
function withSize(bits: BitWriter, width: number, height: number, crop?: number): Uint8Array {
  bits.unsignedGolomb(1).uint(0, 1).unsignedGolomb(width - 1).unsignedGolomb(height - 1);
  bits.uint(0b11, 2).uint(crop === undefined ? 0 : 1, 1);
  if (crop !== undefined) { for (let side = 0; side < 4; side++) bits.unsignedGolomb(crop); }
  return Uint8Array.from([0x67, ...bits.uint(0, 1).payload()]);
}

Deno.test("picture order count of type 1, which x264 never writes", () => {
  const bits = baseline().unsignedGolomb(1).uint(0, 1).signedGolomb(-3).signedGolomb(5)
    .unsignedGolomb(2).signedGolomb(-1000).signedGolomb(7);
  const { width, height } = parseSequenceParameterSet(withSize(bits, 20, 15));
  assert.deepEqual([width, height], [320, 240]);
});

/** Lists of 16 and 64 deltas as flat as can be, one that ends early, and none for the others. */
function scalingLists(bits: BitWriter, lists: number): BitWriter {
  for (let list = 0; list < lists; list++) {
    const isThere = list % 3 === 0;
    bits.uint(isThere ? 1 : 0, 1);
    if (!isThere) continue;
    const endsEarly = list === 3;
    if (endsEarly) bits.signedGolomb(4).signedGolomb(-12);
    else for (let n = 0; n < (list < 6 ? 16 : 64); n++) bits.signedGolomb(n % 2 === 0 ? 8 : -8);
  }
  return bits;
}

for (const [chromaFormat, lists] of [[1, 8], [3, 12]] as const) {
  Deno.test(`${lists} scaling lists in the SPS, where x264 never has any`, () => {
    const bits = new BitWriter().uint(244, 8).uint(30, 16).unsignedGolomb(0);
    bits.unsignedGolomb(chromaFormat);
    if (chromaFormat === 3) bits.uint(0, 1);
    bits.unsignedGolomb(0).unsignedGolomb(0).uint(0b01, 2);
    scalingLists(bits, lists).unsignedGolomb(0).unsignedGolomb(2);
    const { width, height, chromaFormatIdc } = parseSequenceParameterSet(withSize(bits, 20, 15));
    assert.deepEqual({ width, height, chromaFormatIdc }, {
      ...{ width: 320, height: 240, chromaFormatIdc: chromaFormat },
    });
  });
}

Deno.test("a size that no picture has is refused", () => {
  const sized = (width: number, height: number, crop?: number) =>
    parseSequenceParameterSet(withSize(baseline().unsignedGolomb(2), width, height, crop));
  assert.equal(sized(1024, 1).width, 16_384);
  assert.throws(() => sized(1025, 1), RangeError);
  assert.throws(() => sized(1, 2 ** 30), RangeError);
  assert.equal(sized(1, 1, 3).width, 4);
  assert.throws(() => sized(1, 1, 4), RangeError);
});

Deno.test("damage is an error or a size, never anything else", async () => {
  const sps = await spsOf("1280x720", ["-colorspace", "bt709"]);
  const damage = fc.tuple(
    fc.nat({ max: sps.byteLength }),
    fc.array(fc.tuple(fc.nat({ max: sps.byteLength - 1 }), fc.nat({ max: 255 }))),
  );
  fc.assert(fc.property(damage, ([length, changes]) => {
    const bytes = sps.slice();
    for (const [place, value] of changes) bytes[place] = value;
    try {
      const { width, height } = parseSequenceParameterSet(bytes.subarray(0, length));
      assert.ok(width >= 1 && width <= 16_384 && height >= 1 && height <= 16_384);
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  }));
});
