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

export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
