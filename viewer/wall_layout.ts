/** px; where tiles are to be put, or the shape they are to have. */
export interface WallSpace {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly gapPx: number;
  /** Of a tile, width to height. */
  readonly aspect: number;
}

/** Tiles all of one size, whole px. */
export interface WallLayout {
  readonly columns: number;
  readonly rows: number;
  readonly tileWidthPx: number;
  readonly tileHeightPx: number;
  /** Whether they are more than fit the height. */
  readonly scrolls: boolean;
}

/** A tile that is smaller shows nothing: then rather scroll. */
export const MIN_FITTING_TILE_PX = 120;
/** Whoever has to scroll anyway is shown them larger. */
const MIN_SCROLLED_TILE_PX = 160;

/**
 * The columns that make tiles largest without scrolling; where that would make them too small to see
 * anything, as many columns as have a sensible width, and scrolling. Pure.
 *
 * A narrower space never scrolls less: a scroll bar that appears cannot make itself go again.
 */
export function layoutOf(count: number, space: WallSpace): WallLayout {
  let best = fitting(count, 1, space);
  for (let columns = 2; columns <= count; columns++) {
    const layout = fitting(count, columns, space);
    if (layout.tileWidthPx > best.tileWidthPx) best = layout;
  }
  const smallestPx = Math.min(MIN_FITTING_TILE_PX, Math.floor(space.widthPx));
  return best.tileWidthPx >= smallestPx ? best : scrolling(count, space);
}

function fitting(count: number, columns: number, space: WallSpace): WallLayout {
  const { heightPx, gapPx, aspect } = space;
  const rows = Math.ceil(count / columns);
  const rowPx = (heightPx - (rows - 1) * gapPx) / rows;
  const tileWidthPx = Math.max(0, Math.floor(Math.min(columnPx(columns, space), rowPx * aspect)));
  const tileHeightPx = Math.floor(tileWidthPx / aspect);
  return { columns, rows, tileWidthPx, tileHeightPx, scrolls: false };
}

function scrolling(count: number, space: WallSpace): WallLayout {
  let columns = 1;
  while (columns < count && columnPx(columns + 1, space) >= MIN_SCROLLED_TILE_PX) columns++;
  const tileWidthPx = Math.max(1, Math.floor(columnPx(columns, space)));
  const tileHeightPx = Math.max(1, Math.floor(tileWidthPx / space.aspect));
  return { columns, rows: Math.ceil(count / columns), tileWidthPx, tileHeightPx, scrolls: true };
}

function columnPx(columns: number, { widthPx, gapPx }: WallSpace): number {
  return (widthPx - (columns - 1) * gapPx) / columns;
}
