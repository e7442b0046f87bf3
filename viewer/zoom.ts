import type { PictureSize } from "./display_box.ts";

/** A place, or a way, in CSS px; a place is counted from the centre of the picture's box. */
export interface Point {
  readonly xPx: number;
  readonly yPx: number;
}

/** What is seen of a picture: how large, and where its centre is. */
export interface Zoom {
  readonly scale: number;
  readonly centre: Point;
}

export const WHOLE: Zoom = { scale: 1, centre: { xPx: 0, yPx: 0 } };
export const MAX_SCALE = 12;

/** The picture grows or shrinks by `factor`; what is at `at` stays there, as far as that goes. Pure. */
export function zoomedAt(zoom: Zoom, factor: number, at: Point, box: PictureSize): Zoom {
  const scale = Math.min(MAX_SCALE, Math.max(1, zoom.scale * factor));
  const grown = scale / zoom.scale;
  return within(box, {
    scale,
    centre: {
      xPx: at.xPx + (zoom.centre.xPx - at.xPx) * grown,
      yPx: at.yPx + (zoom.centre.yPx - at.yPx) * grown,
    },
  });
}

/** The picture is moved, as far as it still fills its box. Pure. */
export function pannedBy(zoom: Zoom, way: Point, box: PictureSize): Zoom {
  const { xPx, yPx } = zoom.centre;
  return within(box, { ...zoom, centre: { xPx: xPx + way.xPx, yPx: yPx + way.yPx } });
}

export function isZoomed({ scale }: Zoom): boolean {
  return scale > 1;
}

function within({ widthPx, heightPx }: PictureSize, { scale, centre }: Zoom): Zoom {
  const xPx = bounded(centre.xPx, (scale - 1) * widthPx / 2);
  const yPx = bounded(centre.yPx, (scale - 1) * heightPx / 2);
  return { scale, centre: { xPx, yPx } };
}

function bounded(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value));
}
