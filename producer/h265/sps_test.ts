import assert from "node:assert/strict";
import fc from "fast-check";
import { BitWriter } from "../testing/bit_writer.ts";
import { ffmpeg } from "../testing/fixtures.ts";
import { NutDemuxer } from "../demux/nut.ts";
import { COLOUR_UNSPECIFIED } from "../h264/sps.ts";
import { nalUnitsOfByteStream } from "./annex_b.ts";
import { parameterSetsAmong } from "./decoder_configuration.ts";
import { type H265SequenceParameterSet, parseH265SequenceParameterSet } from "./sps.ts";

interface Case {
  readonly size: string;
  readonly args?: readonly string[];
  /** x265's own. */
  readonly params?: string;
  readonly differs?: Partial<H265SequenceParameterSet>;
}

/** The SPS that x265 writes for one picture. */
async function spsOf({ size, args = [], params = "" }: Case): Promise<Uint8Array> {
  const nut = await ffmpeg([
    ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25`, "-frames:v", "1"],
    ...["-pix_fmt", "yuv420p", "-c:v", "libx265", "-preset", "ultrafast", ...args],
    ...["-x265-params", `log-level=none${params}`, "-f", "nut", "pipe:1"],
  ]);
  const [configuration] = new NutDemuxer().push(nut);
  const [sps] = parameterSetsAmong(nalUnitsOfByteStream(configuration?.data ?? nut))?.sps ?? [];
  assert.ok(sps !== undefined);
  return sps;
}

const PLAIN = {
  profileIdc: 1,
  temporalLayers: 1,
  temporalIdNested: true,
  chromaFormatIdc: 1,
  bitDepthLuma: 8,
  bitDepthChroma: 8,
  colourPrimaries: COLOUR_UNSPECIFIED,
  transferCharacteristics: COLOUR_UNSPECIFIED,
  matrixCoefficients: COLOUR_UNSPECIFIED,
  fullRange: false,
};

const CASES: Readonly<Record<string, Case>> = {
  "whole blocks": { size: "1280x720" },
  "cropped height": { size: "1920x1080" },
  "cropped both ways": { size: "638x358" },
  "4K": { size: "3840x2160" },
  "Main 10": {
    size: "320x240",
    args: ["-pix_fmt", "yuv420p10le"],
    differs: { profileIdc: 2, bitDepthLuma: 10, bitDepthChroma: 10 },
  },
  "4:2:2, cropped": {
    size: "638x358",
    args: ["-pix_fmt", "yuv422p"],
    differs: { profileIdc: 4, chromaFormatIdc: 2 },
  },
  "4:4:4, cropped by single pixels": {
    size: "637x357",
    args: ["-vf", "format=yuv444p,scale=637:357", "-pix_fmt", "yuv444p"],
    differs: { profileIdc: 4, chromaFormatIdc: 3 },
  },
  "B-frames in a pyramid": { size: "320x240", params: ":bframes=4:b-pyramid=1:b-adapt=0" },
  "scaling lists": { size: "320x240", params: ":scaling-list=default" },
  "every tool there is": {
    size: "320x240",
    args: ["-preset", "veryslow"],
    params: ":amp=1:rect=1",
  },
  "BT.709, with primaries and transfer of others": {
    size: "320x240",
    args: ["-colorspace", "bt709", "-color_primaries", "bt470bg", "-color_trc", "smpte240m"],
    differs: { colourPrimaries: 5, transferCharacteristics: 7, matrixCoefficients: 1 },
  },
  "full range, behind pixels of an odd shape": {
    size: "320x240",
    args: ["-vf", "setsar=7/9", "-color_range", "pc", "-colorspace", "smpte170m"],
    params: ":range=full",
    differs: { matrixCoefficients: 6, fullRange: true },
  },
};

for (const [name, given] of Object.entries(CASES)) {
  Deno.test(`SPS of x265: ${name}`, async () => {
    const { profileTierLevel, ...sps } = parseH265SequenceParameterSet(await spsOf(given));
    const [width, height] = given.size.split("x").map(Number);
    assert.deepEqual(sps, { ...PLAIN, width, height, ...given.differs });
    assert.equal(profileTierLevel.byteLength, 12);
    assert.equal((profileTierLevel[0] ?? 0) & 0x1f, sps.profileIdc);
  });
}

/** An SPS of 320x240 up to what x265 has no use for. */
function upToPcm(subLayers = 0): BitWriter {
  const bits = new BitWriter().uint(0, 4).uint(subLayers, 3).uint(1, 1);
  bits.uint(1, 8).uint(0x60000000, 32).uint(0, 48).uint(93, 8);
  // Of each layer below: its level alone.
  for (let layer = 0; layer < subLayers; layer++) bits.uint(0b01, 2);
  if (subLayers > 0) bits.uint(0, 2 * (8 - subLayers));
  for (let layer = 0; layer < subLayers; layer++) bits.uint(60, 8);
  bits.unsignedGolomb(0).unsignedGolomb(1).unsignedGolomb(320).unsignedGolomb(240).uint(0, 1);
  bits.unsignedGolomb(0).unsignedGolomb(0).unsignedGolomb(4).uint(0, 1);
  for (let field = 0; field < 3; field++) bits.unsignedGolomb(1);
  for (let field = 0; field < 6; field++) bits.unsignedGolomb(0);
  return bits;
}

/** From the reference picture sets on, with BT.709 named. */
function withReferences(bits: BitWriter): Uint8Array {
  bits.unsignedGolomb(2);
  bits.unsignedGolomb(1).unsignedGolomb(1).unsignedGolomb(0).uint(1, 1).unsignedGolomb(0).uint(
    1,
    1,
  );
  // The second by the first: a sign, a distance, and of three whether each is used, or kept.
  bits.uint(1, 1).uint(0, 1).unsignedGolomb(0).uint(0b1, 1).uint(0b01, 2).uint(0b00, 2);
  // Two long-term references of 8 bits, and whether they are used.
  bits.uint(1, 1).unsignedGolomb(2).uint(0x1ff, 9).uint(0x0aa, 9).uint(0, 2);
  bits.uint(1, 1).uint(0, 2).uint(1, 1).uint(5, 3).uint(0, 1).uint(1, 1);
  bits.uint(1, 8).uint(1, 8).uint(1, 8);
  return Uint8Array.from([0x42, 1, ...bits.payload()]);
}

for (const subLayers of [0, 2]) {
  Deno.test(`PCM and references told by each other and for long, ${subLayers} layers below`, () => {
    const bits = upToPcm(subLayers).uint(0, 1).uint(0, 2);
    bits.uint(1, 1).uint(0x77, 8).unsignedGolomb(0).unsignedGolomb(2).uint(1, 1);
    const sps = parseH265SequenceParameterSet(withReferences(bits));
    assert.deepEqual([sps.width, sps.height, sps.temporalLayers], [320, 240, subLayers + 1]);
    assert.deepEqual([sps.matrixCoefficients, sps.colourPrimaries, sps.fullRange], [1, 1, false]);
  });
}

Deno.test("scaling lists of its own, told in full or by another one", () => {
  const bits = upToPcm().uint(0b11, 2);
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      const isInFull = matrix % 2 === 1;
      bits.uint(isInFull ? 1 : 0, 1);
      if (!isInFull) bits.unsignedGolomb(matrix === 0 ? 0 : 1);
      else {
        if (size > 1) bits.signedGolomb(-3);
        for (let n = 0; n < Math.min(64, 16 << (2 * size)); n++) bits.signedGolomb(n % 2 ? 8 : -8);
      }
    }
  }
  const sps = parseH265SequenceParameterSet(withReferences(bits.uint(0, 2).uint(0, 1)));
  assert.equal(sps.matrixCoefficients, 1);
});

Deno.test("damage is an error or a size, never anything else", async () => {
  const sps = await spsOf({ size: "1280x720", args: ["-colorspace", "bt709"] });
  const damage = fc.tuple(
    fc.nat({ max: sps.byteLength }),
    fc.array(fc.tuple(fc.nat({ max: sps.byteLength - 1 }), fc.nat({ max: 255 }))),
  );
  fc.assert(fc.property(damage, ([length, changes]) => {
    const bytes = sps.slice();
    for (const [place, value] of changes) bytes[place] = value;
    try {
      const { width, height } = parseH265SequenceParameterSet(bytes.subarray(0, length));
      assert.ok(width >= 1 && width <= 16_384 && height >= 1 && height <= 16_384);
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  }));
});
