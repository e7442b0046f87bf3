/** px */
export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Renditions are scaled to even sizes, which bends the shape of a small one a little. */
const SAME_SHAPE_TOLERANCE = 0.02;

/**
 * How large a picture is shown where it shows at its own size: as large as the largest rendition of
 * the same shape, so that a change of quality moves nothing on the page. Pure.
 */
export class DisplayBox {
  readonly #sizes = new Map<string, PictureSize>();

  /** What a rendition is, as last seen or told. */
  learn(rendition: string, size: PictureSize): void {
    this.#sizes.set(rendition, size);
  }

  /** For a picture of this size. */
  sizeFor(picture: PictureSize): PictureSize {
    let largest = picture;
    for (const size of this.#sizes.values()) {
      if (size.widthPx > largest.widthPx && hasSameShape(size, picture)) largest = size;
    }
    return largest;
  }
}

function hasSameShape(a: PictureSize, b: PictureSize): boolean {
  const ratio = (a.widthPx * b.heightPx) / (a.heightPx * b.widthPx);
  return Math.abs(ratio - 1) <= SAME_SHAPE_TOLERANCE;
}
