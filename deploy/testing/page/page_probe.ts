/**
 * Put into a page by tests and benches: reads what the player really shows, pixel by pixel.
 *
 * @module
 */
import {
  CLOCK_HEIGHT_PX,
  CLOCK_WIDTH_PX,
  clockAgeMs,
  readClock,
} from "../../camera/clock_pattern.ts";
import type { ClockSample, PageProbe } from "./shown.ts";
import { type ShownElement, shownElementOf, sizeOf } from "./shown_element.ts";

const BRIGHT = 160;
/** The marker fills the lowest 32 of 480 lines. */
const MARKER_CENTRE = 16 / 480;

const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** A copy of the top left of the player's canvas, which its worker owns. */
function pixelsOf(canvas: ShownElement, width: number, height: number): ImageData | undefined {
  if (copy === null || width === 0 || height === 0) return undefined;
  if (copy.canvas.width !== width || copy.canvas.height !== height) {
    copy.canvas.width = width;
    copy.canvas.height = height;
  }
  copy.drawImage(canvas, 0, 0);
  return copy.getImageData(0, 0, width, height);
}

function lumaOf({ data, width }: ImageData): (x: number, y: number) => number {
  return (x, y) => {
    const offset = 4 * (y * width + x);
    return ((data[offset] ?? 0) + (data[offset + 1] ?? 0) + (data[offset + 2] ?? 0)) / 3;
  };
}

function colourAt({ data, width }: ImageData, x: number, y: number): [number, number, number] {
  const offset = 4 * (Math.floor(y) * width + Math.floor(x));
  return [data[offset] ?? 0, data[offset + 1] ?? 0, data[offset + 2] ?? 0];
}

/** The middle of what is bright in the row through the test cameras' moving marker. */
function brightestColumn(pixels: ImageData): number {
  const luma = lumaOf(pixels);
  const y = pixels.height - Math.round(pixels.height * MARKER_CENTRE);
  const columns = Array.from({ length: pixels.width }, (_, x) => x);
  const bright = columns.filter((x) => luma(x, y) > BRIGHT);
  const sum = bright.reduce((total, x) => total + x, 0);
  return bright.length === 0 ? -1 : Math.round(sum / bright.length);
}

/** The camera's clock as the canvas shows it now; only its row is copied. */
function clockOn(stream: string): number | undefined {
  const canvas = shownElementOf(stream);
  const pixels = canvas === null
    ? undefined
    : pixelsOf(canvas, Math.min(sizeOf(canvas).width, CLOCK_WIDTH_PX), CLOCK_HEIGHT_PX);
  return pixels === undefined ? undefined : readClock(lumaOf(pixels));
}

function nextAnimationFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

const probe: PageProbe = {
  readPicture(stream) {
    const canvas = shownElementOf(stream);
    if (canvas === null) return null;
    const { width, height } = sizeOf(canvas);
    const pixels = pixelsOf(canvas, width, height);
    if (pixels === undefined) return null;
    return {
      width,
      height,
      quadrants: [1, 3].flatMap((row) =>
        [1, 3].map((column) => colourAt(pixels, width * column / 4, height * row / 4))
      ),
      markerX: brightestColumn(pixels),
      clockMs: readClock(lumaOf(pixels)) ?? null,
    };
  },

  async firstPictureMs(stream) {
    while (clockOn(stream) === undefined) await nextAnimationFrame();
    return performance.now();
  },

  async watchClock(stream, durationMs) {
    const samples: ClockSample[] = [];
    const endMs = performance.now() + durationMs;
    while (performance.now() < endMs) {
      await nextAnimationFrame();
      const clockMs = clockOn(stream);
      const atMs = performance.timeOrigin + performance.now();
      if (clockMs === undefined || clockMs === samples.at(-1)?.clockMs) continue;
      samples.push({ atMs, clockMs, ageMs: clockAgeMs(clockMs, atMs) });
    }
    return samples;
  },
};

Object.assign(globalThis, { portholeProbe: probe });
