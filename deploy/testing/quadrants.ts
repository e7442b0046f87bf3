import assert from "node:assert/strict";
import { QUADRANT_COLOURS, type RgbColour } from "../camera/known_colours.ts";

export interface Quadrants {
  readonly topLeft: RgbColour;
  readonly topRight: RgbColour;
  readonly bottomLeft: RgbColour;
  readonly bottomRight: RgbColour;
}

/** The colours at the centres of a picture's quadrants. */
export function quadrantsOf(
  picture: { colourAt(x: number, y: number): RgbColour },
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): Quadrants {
  const [left, right] = [Math.round(widthPx / 4), Math.round((widthPx * 3) / 4)];
  const [top, bottom] = [Math.round(heightPx / 4), Math.round((heightPx * 3) / 4)];
  return {
    topLeft: picture.colourAt(left, top),
    topRight: picture.colourAt(right, top),
    bottomLeft: picture.colourAt(left, bottom),
    bottomRight: picture.colourAt(right, bottom),
  };
}

/**
 * Fails when a quadrant's centre is not of the colour that the cameras paint there.
 *
 * @param tolerance of 255, each of red, green and blue: rounding to YUV and compression cost a few
 */
export function assertQuadrantColours(
  picture: { colourAt(x: number, y: number): RgbColour },
  size: { readonly widthPx: number; readonly heightPx: number },
  tolerance = 6,
): void {
  const shown = quadrantsOf(picture, size);
  for (const place of ["topLeft", "topRight", "bottomLeft", "bottomRight"] as const) {
    for (const channel of ["red", "green", "blue"] as const) {
      const difference = Math.abs(shown[place][channel] - QUADRANT_COLOURS[place][channel]);
      assert.ok(difference <= tolerance, `${place} is ${JSON.stringify(shown[place])}`);
    }
  }
}
