import type { PictureSize } from "../display_box.ts";
import { TileLimit } from "../tile_limit.ts";

/** Of most cameras; of this one it shows with its first picture. */
const USUAL_SHAPE: PictureSize = { widthPx: 16, heightPx: 9 };

/**
 * How large a picture a player in somebody's page has any use for, in device pixels, from the box it
 * has there. Pure.
 */
export class UsefulSize {
  readonly #limit = new TileLimit();
  #box: PictureSize | undefined;
  #shape = USUAL_SHAPE;
  /** Whether the picture fills its box, and goes beyond it, in the place of being within it. */
  isFilling = false;
  /** Device pixels a CSS pixel. */
  pixelRatio = 1;

  /** Of the player, CSS px. Without an area it is not laid out: what it had before still counts. */
  set box(box: PictureSize) {
    if (box.widthPx > 0 && box.heightPx > 0) this.#box = box;
  }

  /** Of the picture, in any unit. */
  set shape(shape: PictureSize) {
    this.#shape = shape;
  }

  /** The very same while little changes; `undefined` before there was a box. */
  get current(): PictureSize | undefined {
    if (this.#box === undefined) return undefined;
    const { widthPx, heightPx } = this.isFilling ? covering(this.#box, this.#shape) : this.#box;
    return this.#limit.limitFor({
      widthPx: widthPx * this.pixelRatio,
      heightPx: heightPx * this.pixelRatio,
    });
  }
}

/** The smallest of that shape that leaves nothing of the box free. */
function covering(box: PictureSize, shape: PictureSize): PictureSize {
  const scale = Math.max(box.widthPx / shape.widthPx, box.heightPx / shape.heightPx);
  return { widthPx: shape.widthPx * scale, heightPx: shape.heightPx * scale };
}
