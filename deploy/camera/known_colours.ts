/** 0 to 255 each, as a correct viewer shows it. */
export interface RgbColour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/**
 * The four quadrants of the pattern `colours`. Compare at their centres, at a quarter and three
 * quarters of the width and height: the clock covers the top of the picture, a marker the bottom.
 */
export const QUADRANT_COLOURS = {
  topLeft: { red: 255, green: 0, blue: 0 },
  topRight: { red: 0, green: 255, blue: 0 },
  bottomLeft: { red: 0, green: 0, blue: 255 },
  bottomRight: { red: 230, green: 230, blue: 230 },
} as const satisfies Record<string, RgbColour>;
