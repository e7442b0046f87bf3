/**
 * Draws `glyphs.ts` with FFmpeg from DejaVu Sans Mono, whose licence lets what is drawn with it be
 * passed on: `deno run -A ingest/notice/draw_glyphs.ts`. Run by hand, when other glyphs are wanted.
 *
 * @module
 */
import { deflateRawSync } from "node:zlib";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";

const FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf";
const FIRST = 0x20;
const LAST = 0x7e;
const WIDTH_PX = 14;
const HEIGHT_PX = 28;
const FONT_SIZE_PX = 23;
const BASELINE_PX = 21;
const LINE_CHARS = 90;

const count = LAST - FIRST + 1;
const filters = Array.from({ length: count }, (_, index) => {
  const code = FIRST + index;
  const text = String.fromCharCode(code).replace(/[\\':,;[\]]/g, "\\\\\\$&");
  const at = `expansion=none:x=${index * WIDTH_PX}:y=${BASELINE_PX}-ascent`;
  return `drawtext=fontfile=${FONT}:fontsize=${FONT_SIZE_PX}:fontcolor=white:text=${text}:${at}`;
}).filter((_, index) => index > 0);
const { success, stdout, stderr } = await new Deno.Command("ffmpeg", {
  args: [
    ...["-v", "error", "-f", "lavfi", "-i", `color=black:s=${count * WIDTH_PX}x${HEIGHT_PX}`],
    ...["-vf", filters.join(","), "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"],
  ],
}).output();
if (!success) throw new Error(new TextDecoder().decode(stderr));
// Two pixels a byte: sixteen shades are enough for edges.
const packed = new Uint8Array(stdout.byteLength / 2).map((_, index) =>
  ((stdout[2 * index] ?? 0) & 0xf0) | ((stdout[2 * index + 1] ?? 0) >> 4)
);
const text = Buffer.from(deflateRawSync(packed, { level: 9 })).toString("base64");
const lines = text.match(new RegExp(`.{1,${LINE_CHARS}}`, "g")) ?? [];
const source =
  `/** Drawn by draw_glyphs.ts: printable ASCII in one row, each in a cell of this size. */
export const GLYPH_WIDTH_PX = ${WIDTH_PX};
export const GLYPH_HEIGHT_PX = ${HEIGHT_PX};
export const FIRST_GLYPH = ${FIRST};
export const LAST_GLYPH = ${LAST};

/** How much of each pixel is covered, in four bits, two a byte, left first; deflated, in base64. */
export const GLYPH_ROW =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`;
await Deno.writeTextFile(fileURLToPath(new URL("glyphs.ts", import.meta.url)), source);
