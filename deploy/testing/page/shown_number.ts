/** What a canvas showed from one animation frame on, until something of it changed. */
export interface ShownNumber {
  /** As drawn into the picture; `null` when there is none to read: black, or torn. */
  readonly number: number | null;
  /** Red, green, blue below the number. */
  readonly colour: readonly [number, number, number];
  /** Of the picture. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Left, top, width and height on the page, CSS px. */
  readonly box: readonly [number, number, number, number];
}

export interface NumberProbe {
  /** Looks at each animation frame from now on. */
  start(stream: string): void;
  /** What was seen since, in its order. */
  stop(): ShownNumber[];
}
