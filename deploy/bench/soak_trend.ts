import { percentile } from "./statistics.ts";

/** One look at something that must not grow. */
export interface TrendSample {
  readonly atMs: number;
  readonly value: number;
}

export interface Trend {
  /** From the first sample to the last, along the line. */
  readonly rise: number;
  readonly median: number;
}

/** What counts as growing. */
export interface TrendBound {
  /** Below it, a rise is noise. */
  readonly leastRise: number;
  /** Of the median: below it, too. */
  readonly leastShare: number;
}

/** Fewer say nothing. */
const MIN_SAMPLES = 8;

/**
 * The line through the samples by the median of all slopes (Theil 1950, Sen 1968): three samples in
 * ten may be anything, such as heaps right before they are collected, and it stays as it is.
 *
 * @returns `undefined` for fewer than eight samples
 */
export function trendOf(samples: readonly TrendSample[]): Trend | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < MIN_SAMPLES) return undefined;
  const slopes = samples.flatMap((from, index) =>
    samples.slice(index + 1)
      .filter((to) => to.atMs > from.atMs)
      .map((to) => (to.value - from.value) / (to.atMs - from.atMs))
  );
  return {
    rise: percentile(slopes, 0.5) * (last.atMs - first.atMs),
    median: percentile(samples.map(({ value }) => value), 0.5),
  };
}

/** Whether something grows, and by more than the bound leaves to noise. */
export function isGrowing(trend: Trend, { leastRise, leastShare }: TrendBound): boolean {
  return trend.rise >= leastRise && trend.rise >= leastShare * trend.median;
}
