import jpeg from "jpeg-js";
import { Buffer } from "node:buffer";
import { inflateRawSync } from "node:zlib";
import { FIRST_GLYPH, GLYPH_HEIGHT_PX, GLYPH_ROW, GLYPH_WIDTH_PX, LAST_GLYPH } from "./glyphs.ts";

/** What a notice says. */
export interface Notice {
  /** One line. */
  readonly title: string;
  /** Wrapped; what does not fit is left out. */
  readonly words: string;
}

export const NOTICE_WIDTH_PX = 640;
export const NOTICE_HEIGHT_PX = 360;

type Colour = readonly [red: number, green: number, blue: number];

const GROUND: Colour = [11, 14, 19];
const TEXT: Colour = [232, 237, 244];
const QUIET: Colour = [154, 167, 186];
const RULE: Colour = [255, 181, 71];
const MARGIN_PX = 40;
const GAP_PX = 14;
const RULE_PX = 3;
const LINE_CHARS = Math.floor((NOTICE_WIDTH_PX - 2 * MARGIN_PX) / GLYPH_WIDTH_PX);
const MAX_LINES = 7;
const QUALITY = 85;
const SHADES = 15;
/** What people write beyond ASCII, and what is as good. */
const PLAIN = new Map([["“", '"'], ["”", '"'], ["’", "'"], ["‘", "'"], ["–", "-"], ["…", "..."]]);

const ROW_WIDTH_PX = (LAST_GLYPH - FIRST_GLYPH + 1) * GLYPH_WIDTH_PX;
const row = inflateRawSync(Buffer.from(GLYPH_ROW, "base64"));

/** A picture that says something in the place of one that there is not: a JPEG. Pure. */
export function noticePicture({ title, words }: Notice): Uint8Array<ArrayBuffer> {
  const lines = wrapped(plain(words)).slice(0, MAX_LINES);
  const heightPx = (1 + lines.length) * GLYPH_HEIGHT_PX + 2 * GAP_PX + RULE_PX;
  const pixels = new Pixels(NOTICE_WIDTH_PX, NOTICE_HEIGHT_PX);
  let y = Math.round((NOTICE_HEIGHT_PX - heightPx) / 2);
  pixels.write(plain(title).slice(0, LINE_CHARS), y, TEXT);
  y += GLYPH_HEIGHT_PX + GAP_PX;
  pixels.fill(MARGIN_PX, y, 3 * GLYPH_WIDTH_PX, RULE_PX, RULE);
  y += RULE_PX + GAP_PX;
  for (const line of lines) {
    pixels.write(line, y, QUIET);
    y += GLYPH_HEIGHT_PX;
  }
  return new Uint8Array(jpeg.encode(pixels, QUALITY).data);
}

/** Red, green, blue and nothing, a byte each, as the encoder wants them. */
class Pixels {
  readonly data: Uint8Array;

  constructor(readonly width: number, readonly height: number) {
    this.data = new Uint8Array(width * height * 4);
    this.fill(0, 0, width, height, GROUND);
  }

  fill(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) this.#mix(x, y, colour, 1);
    }
  }

  /** From the left margin on. */
  write(text: string, top: number, colour: Colour): void {
    for (let index = 0; index < text.length; index++) {
      this.#draw(text.charCodeAt(index), MARGIN_PX + index * GLYPH_WIDTH_PX, top, colour);
    }
  }

  #draw(code: number, left: number, top: number, colour: Colour): void {
    const glyphX = (code - FIRST_GLYPH) * GLYPH_WIDTH_PX;
    for (let y = 0; y < GLYPH_HEIGHT_PX; y++) {
      for (let x = 0; x < GLYPH_WIDTH_PX; x++) {
        const at = y * ROW_WIDTH_PX + glyphX + x;
        const pair = row[at >> 1] ?? 0;
        const shade = at % 2 === 0 ? pair >> 4 : pair & 0xf;
        if (shade > 0) this.#mix(left + x, top + y, colour, shade / SHADES);
      }
    }
  }

  #mix(x: number, y: number, colour: Colour, share: number): void {
    const at = 4 * (y * this.width + x);
    for (let index = 0; index < colour.length; index++) {
      const under = this.data[at + index] ?? 0;
      this.data[at + index] = Math.round(under + ((colour[index] ?? 0) - under) * share);
    }
  }
}

/** In glyphs that there are. */
function plain(text: string): string {
  return text.replace(/[“”‘’–…]/g, (mark) => PLAIN.get(mark) ?? "")
    .normalize("NFKD").replace(/\p{M}/gu, "").replace(/\s+/g, " ").replace(/[^ -~]/g, "?");
}

/** At spaces, and within words that are longer than a line. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    for (let rest = word; rest !== "";) {
      const joined = line === "" ? rest : `${line} ${rest}`;
      if (joined.length <= LINE_CHARS) {
        line = joined;
        rest = "";
      } else if (line !== "") {
        lines.push(line);
        line = "";
      } else {
        lines.push(rest.slice(0, LINE_CHARS));
        rest = rest.slice(LINE_CHARS);
      }
    }
  }
  return line === "" ? lines : [...lines, line];
}
