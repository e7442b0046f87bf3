import type { PictureSize } from "./display_box.ts";

/**
 * Ingest gives the largest rendition within the limits. One of up to twice the tile's size is still
 * worth having: the next smaller one would have to be blown up.
 */
const WORTH_HAVING = 2;
/** A tile whose size changes by less needs nothing else. */
const SAME_WITHIN = 0.15;

/**
 * How large a picture a tile has any use for, in device pixels. It holds while the tile changes its
 * size by little, so that a window that is dragged does not ask for another rendition at each step.
 * Pure.
 */
export class TileLimit {
  #limit: PictureSize | undefined;

  /** @param tile device pixels */
  limitFor(tile: PictureSize): PictureSize {
    const wanted = {
      widthPx: Math.max(1, Math.round(tile.widthPx * WORTH_HAVING)),
      heightPx: Math.max(1, Math.round(tile.heightPx * WORTH_HAVING)),
    };
    const held = this.#limit;
    if (held !== undefined && isAbout(held, wanted)) return held;
    this.#limit = wanted;
    return wanted;
  }
}

function isAbout(held: PictureSize, wanted: PictureSize): boolean {
  return isWithin(wanted.widthPx / held.widthPx) && isWithin(wanted.heightPx / held.heightPx);
}

function isWithin(ratio: number): boolean {
  return Math.abs(ratio - 1) <= SAME_WITHIN;
}
