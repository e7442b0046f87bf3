/**
 * Put into a page by tests: notes what a player shows at each animation frame.
 *
 * @module
 */
import { readNumber } from "../picture_number.ts";
import { type ShownElement, shownElementOf, sizeOf } from "./shown_element.ts";
import type { NumberProbe, ShownNumber } from "./shown_number.ts";

/** The picture is looked at in this size, whatever its own. */
const WIDTH_PX = 192;
const HEIGHT_PX = 108;

const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const samples: ShownNumber[] = [];
let watched: string | undefined;

function look(canvas: ShownElement): ShownNumber | undefined {
  if (copy === null) return undefined;
  copy.drawImage(canvas, 0, 0, WIDTH_PX, HEIGHT_PX);
  const { data } = copy.getImageData(0, 0, WIDTH_PX, HEIGHT_PX);
  const colourAt = (x: number, y: number): [number, number, number] => {
    const offset = 4 * (Math.floor(y * HEIGHT_PX) * WIDTH_PX + Math.floor(x * WIDTH_PX));
    return [data[offset] ?? 0, data[offset + 1] ?? 0, data[offset + 2] ?? 0];
  };
  const number = readNumber((x, y) => Math.max(...colourAt(x, y)));
  const size = sizeOf(canvas);
  const box = canvas.getBoundingClientRect();
  return {
    number: number ?? null,
    colour: colourAt(0.5, 0.6),
    widthPx: size.width,
    heightPx: size.height,
    box: [box.x, box.y, box.width, box.height],
  };
}

function lookAt(stream: string): void {
  const canvas = shownElementOf(stream);
  const sample = canvas === null ? undefined : look(canvas);
  const last = samples.at(-1);
  if (sample !== undefined && JSON.stringify(sample) !== JSON.stringify(last)) samples.push(sample);
}

function keepWatching(): void {
  if (watched === undefined) return;
  lookAt(watched);
  requestAnimationFrame(keepWatching);
}

const probe: NumberProbe = {
  start(stream) {
    copy?.canvas.setAttribute("width", String(WIDTH_PX));
    copy?.canvas.setAttribute("height", String(HEIGHT_PX));
    watched = stream;
    keepWatching();
  },

  stop() {
    if (watched !== undefined) lookAt(watched);
    watched = undefined;
    return samples.splice(0);
  },
};

Object.assign(globalThis, { portholeNumbers: probe });
