import assert from "node:assert/strict";
import { ffmpeg } from "./fixtures.ts";

/** A camera's colours, and what it says of them. */
export interface ColourCase {
  readonly size: string;
  /** How the source's RGB becomes its YCbCr. */
  readonly matrix: "bt601" | "bt709";
  readonly range: "tv" | "pc";
  readonly tags: readonly string[];
}

const BT709_TAGS = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"];

export const COLOUR_CASES: Readonly<Record<string, ColourCase>> = {
  "BT.709, tagged, SD": { size: "320x240", matrix: "bt709", range: "tv", tags: BT709_TAGS },
  "BT.709, tagged, full range, HD": {
    ...{ size: "1280x720", matrix: "bt709", range: "pc", tags: BT709_TAGS },
  },
  "BT.601, the matrix tagged alone, HD": {
    ...{ size: "1280x720", matrix: "bt601", range: "tv", tags: ["-colorspace", "smpte170m"] },
  },
  "untagged, HD": { size: "1280x720", matrix: "bt709", range: "tv", tags: [] },
  "untagged, SD": { size: "320x240", matrix: "bt601", range: "tv", tags: [] },
};

const COLOURS = ["c02020", "20a040", "3050e0", "e0d030"] as const;

/** Four flat stripes, converted from RGB by the matrix that is named: an input of FFmpeg's. */
export function stripes(
  { size, matrix, range }: Omit<ColourCase, "tags">,
  format = "yuv420p",
): string[] {
  const boxes = COLOURS.map((colour, n) =>
    `drawbox=x=iw*${n}/4:y=0:w=iw/4:h=ih:color=0x${colour}:t=fill`
  );
  const toYuv = `scale=out_color_matrix=${matrix}:out_range=${range},format=${format}`;
  const filters = `format=gbrp,${boxes.join(",")},${toYuv}`;
  return ["-f", "lavfi", "-i", `color=black:size=${size}:rate=2:duration=1,${filters}`];
}

/** The stripes as H.264 in FLV. */
export function h264Stripes(colours: ColourCase): Promise<Uint8Array<ArrayBuffer>> {
  return ffmpeg([
    ...stripes(colours),
    ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "10"],
    ...["-color_range", colours.range, ...colours.tags, "-f", "flv", "pipe:1"],
  ]);
}

/** That the middle of each stripe has its colour, decoded as the filter says. */
export async function assertStripes(
  picture: Uint8Array<ArrayBuffer>,
  toRgb: string,
): Promise<void> {
  const rgb = await ffmpeg([
    ...["-i", "pipe:0", "-frames:v", "1", "-vf", `${toRgb},format=gbrp,scale=4:1:flags=neighbor`],
    ...["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
  ], picture);
  assert.equal(rgb.byteLength, 12);
  const shown = `expected ${COLOURS}, have ${rgb.toHex().match(/.{6}/g)}`;
  Uint8Array.fromHex(COLOURS.join("")).forEach((value, index) => {
    assert.ok(Math.abs(value - (rgb[index] ?? NaN)) <= 12, shown);
  });
}
