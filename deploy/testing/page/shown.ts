/** What the canvas shows, in px of the picture. */
export interface ShownPicture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue at the centres of the quadrants: top left, top right, bottom left, right. */
  readonly quadrants: readonly (readonly [number, number, number])[];
  /** Where the bright thing in the lowest lines is, px from the left; -1 when there is none. */
  readonly markerX: number;
  /** The camera's clock, ms modulo 2^24; `null` when it cannot be read. */
  readonly clockMs: number | null;
}

/** One picture as an animation frame found it. */
export interface ClockSample {
  /** Since the epoch, when it was looked at. */
  readonly atMs: number;
  readonly clockMs: number;
  readonly ageMs: number;
}

export interface PageProbe {
  readPicture(stream: string): ShownPicture | null;
  /** When the first picture with a readable clock showed, ms after the page was opened. */
  firstPictureMs(stream: string): Promise<number>;
  /** Looks at each animation frame; one sample for each picture that shows anew. */
  watchClock(stream: string, durationMs: number): Promise<ClockSample[]>;
}
