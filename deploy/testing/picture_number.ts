/**
 * A number drawn into a picture as a row of cells over its upper quarter: one white and one black to
 * tell it from anything else, then bits, the highest first, white for 1. The cells are parts of the
 * width, so it can be read whatever size the picture was scaled to. Without imports: it works in a
 * page as well.
 *
 * @module
 */
const SYNC_CELLS = 2;
const NUMBER_BITS = 10;
export const NUMBER_CELLS = SYNC_CELLS + NUMBER_BITS;
/** Part of the picture's height. */
export const NUMBER_HEIGHT = 1 / 4;
export const MAX_NUMBER = 2 ** NUMBER_BITS - 1;

const BRIGHT = 128;

/** FFmpeg filters that draw the number of each frame. */
export function numberFilters(): string[] {
  const cell = (index: number, colour: string) =>
    `drawbox=x=iw*${index}/${NUMBER_CELLS}:y=0:w=iw/${NUMBER_CELLS}:h=ih*${NUMBER_HEIGHT}:` +
    `color=${colour}:thickness=fill`;
  return [
    ...Array.from({ length: NUMBER_CELLS }, (_, index) => cell(index, "black")),
    cell(0, "white"),
    ...Array.from({ length: NUMBER_BITS }, (_, bit) => {
      const value = 2 ** (NUMBER_BITS - 1 - bit);
      return `${cell(SYNC_CELLS + bit, "white")}:enable='mod(floor(n/${value}),2)'`;
    }),
  ];
}

/**
 * @param luma brightness, 0 to 255, at parts of the picture's width and height
 * @returns `undefined` when there is no number, as in a picture that is black or torn
 */
export function readNumber(luma: (x: number, y: number) => number): number | undefined {
  const isBright = (cell: number) => luma((cell + 0.5) / NUMBER_CELLS, NUMBER_HEIGHT / 2) > BRIGHT;
  if (!isBright(0) || isBright(1)) return undefined;
  let number = 0;
  for (let bit = 0; bit < NUMBER_BITS; bit++) {
    number = number * 2 + (isBright(SYNC_CELLS + bit) ? 1 : 0);
  }
  return number;
}
