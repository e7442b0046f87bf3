/** Side of one cell, in pixels of the camera's own picture. */
export const CLOCK_CELL_PX = 16;
/** Bits of the clock; it starts over every 2^24 ms (4 h 39 min). */
export const CLOCK_BITS = 24;
export const CLOCK_MODULUS_MS = 2 ** CLOCK_BITS;

const SYNC_CELLS = 2;
const PARITY_CELLS = 1;
export const CLOCK_CELLS = SYNC_CELLS + CLOCK_BITS + PARITY_CELLS;
export const CLOCK_WIDTH_PX = CLOCK_CELLS * CLOCK_CELL_PX;
export const CLOCK_HEIGHT_PX = CLOCK_CELL_PX;

export const FIRST_BIT_CELL = SYNC_CELLS;
export const PARITY_CELL = SYNC_CELLS + CLOCK_BITS;

/** Black to white as decoded must differ by this much, of 255, for the row to count as a clock. */
const MIN_CONTRAST = 96;

/**
 * Reads the clock in the top left corner of a picture: a row of square cells, one white and one
 * black to calibrate and to tell a clock from anything else, 24 bits of wall-clock time in ms since
 * the epoch modulo 2^24, most significant first, white for 1, and one cell of even parity.
 *
 * Without imports, so that it works in a page as well.
 *
 * @param luma brightness, 0 to 255, of the picture's pixel at column `x` and row `y`
 * @param cellPx for a picture that was scaled: the side of a cell in it
 * @returns ms modulo 2^24; `undefined` when there is no clock, or a torn or damaged one
 */
export function readClock(
  luma: (x: number, y: number) => number,
  cellPx: number = CLOCK_CELL_PX,
): number | undefined {
  const cellLuma = (cell: number) =>
    luma(Math.floor((cell + 0.5) * cellPx), Math.floor(0.5 * cellPx));
  const white = cellLuma(0);
  const black = cellLuma(1);
  if (!(white - black >= MIN_CONTRAST)) return undefined;
  const threshold = (white + black) / 2;

  let value = 0;
  let ones = 0;
  for (let cell = FIRST_BIT_CELL; cell < PARITY_CELL; cell++) {
    const bit = cellLuma(cell) > threshold ? 1 : 0;
    value = value * 2 + bit;
    ones += bit;
  }
  const parity = cellLuma(PARITY_CELL) > threshold ? 1 : 0;
  return (ones + parity) % 2 === 0 ? value : undefined;
}

/**
 * Age in ms of a picture that shows `clockMs`, at `nowMs` (since the epoch); right for ages from
 * about -2.3 h to 2.3 h, whatever number of times the clock started over.
 */
export function clockAgeMs(clockMs: number, nowMs: number): number {
  const half = CLOCK_MODULUS_MS / 2;
  const difference = (nowMs - clockMs) % CLOCK_MODULUS_MS;
  return ((difference + CLOCK_MODULUS_MS + half) % CLOCK_MODULUS_MS) - half;
}
