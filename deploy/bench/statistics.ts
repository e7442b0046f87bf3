/** The value that `share` (0 to 1) of the samples do not exceed; NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** `p50 61.2  p95 70.4  p99 75.0  max 80.1 ms` */
export function summary(samplesMs: readonly number[]): string {
  const points = [["p50", 0.5], ["p95", 0.95], ["p99", 0.99], ["max", 1]] as const;
  const values = points.map(([name, share]) =>
    `${name} ${percentile(samplesMs, share).toFixed(1)}`
  );
  return `${values.join("  ")} ms`;
}

const STEPS_A_MS = 10;
const MAX_COUNTED_MS = 30_000;

/**
 * Percentiles of any number of delays in fixed memory: counted in steps of 0.1 ms up to 30 s. What
 * is longer counts as 30 s, what is below zero (two clocks that differ by microseconds) as zero.
 */
export class DelayHistogram {
  readonly #counts = new Uint32Array(MAX_COUNTED_MS * STEPS_A_MS + 1);
  #total = 0;
  #maxMs = NaN;

  get total(): number {
    return this.#total;
  }

  /** The longest one as it was, not rounded; NaN without any. */
  get maxMs(): number {
    return this.#maxMs;
  }

  add(delayMs: number): void {
    const step = Math.floor(Math.min(Math.max(delayMs, 0), MAX_COUNTED_MS) * STEPS_A_MS);
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#total++;
    if (!(delayMs <= this.#maxMs)) this.#maxMs = delayMs;
  }

  /** As the function of that name, rounded down to a step. */
  percentile(share: number): number {
    if (this.#total === 0) return NaN;
    const rank = Math.min(this.#total - 1, Math.floor(this.#total * share));
    let seen = 0;
    const step = this.#counts.findIndex((count) => (seen += count) > rank);
    return step / STEPS_A_MS;
  }
}

export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
