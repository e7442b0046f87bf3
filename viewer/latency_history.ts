import type { LatencyPercentiles } from "@porthole/protocol";

const SPAN_S = 60;
/** A minute of 128 pictures a second; of more than that the last ones. */
const CAPACITY = SPAN_S * 128;

/** How late the pictures of one second were. */
export interface LatencySecond {
  /** When it began, ms since the epoch. */
  readonly atMs: number;
  /** Of the picture in the middle; `null` when there was none, or the clocks were not known. */
  readonly medianMs: number | null;
  /** Of the latest picture. */
  readonly worstMs: number | null;
}

/** How late the pictures of the last minute were. */
export interface LatencyMinute {
  /** `undefined` when nothing is known of any. */
  readonly percentiles: LatencyPercentiles | undefined;
  /** The last sixty whole seconds, oldest first. */
  readonly seconds: readonly LatencySecond[];
}

/** How late each picture of the last minute was painted, in memory set aside once. Pure. */
export class LatencyHistory {
  readonly #paintedAtMs = new Float64Array(CAPACITY);
  readonly #latencyMs = new Float32Array(CAPACITY);
  #added = 0;

  /** Times never go back. */
  add(paintedAtMs: number, latencyMs: number): void {
    const slot = this.#added++ % CAPACITY;
    this.#paintedAtMs[slot] = paintedAtMs;
    this.#latencyMs[slot] = latencyMs;
  }

  /** Of the pictures painted after `sinceMs`, in the order of their painting. */
  latenciesSince(sinceMs: number): Float32Array {
    const slots = this.#slotsSince(sinceMs);
    return Float32Array.from(slots, (slot) => this.#latencyMs[slot] ?? 0);
  }

  minute(nowMs: number): LatencyMinute {
    const endMs = Math.floor(nowMs / 1000) * 1000;
    const startMs = endMs - SPAN_S * 1000;
    const bySecond: number[][] = Array.from({ length: SPAN_S }, () => []);
    for (const slot of this.#slotsSince(startMs - 1)) {
      const second = Math.floor(((this.#paintedAtMs[slot] ?? 0) - startMs) / 1000);
      bySecond[second]?.push(this.#latencyMs[slot] ?? 0);
    }
    return {
      percentiles: percentilesOf(this.latenciesSince(nowMs - SPAN_S * 1000)),
      seconds: bySecond.map((latenciesMs, second): LatencySecond => {
        const sorted = latenciesMs.sort((a, b) => a - b);
        return {
          atMs: startMs + second * 1000,
          medianMs: sorted[(sorted.length - 1) >> 1] ?? null,
          worstMs: sorted.at(-1) ?? null,
        };
      }),
    };
  }

  #slotsSince(sinceMs: number): number[] {
    const slots: number[] = [];
    const firstKept = Math.max(0, this.#added - CAPACITY);
    for (let index = this.#added - 1; index >= firstKept; index--) {
      const slot = index % CAPACITY;
      if ((this.#paintedAtMs[slot] ?? 0) <= sinceMs) break;
      slots.push(slot);
    }
    return slots.reverse();
  }
}

/** By nearest rank: each is one that was measured. `undefined` of nothing. */
export function percentilesOf(latenciesMs: Float32Array): LatencyPercentiles | undefined {
  if (latenciesMs.length === 0) return undefined;
  const sorted = latenciesMs.slice().sort();
  const rank = (percent: number) => sorted[Math.ceil(sorted.length * percent / 100) - 1] ?? 0;
  return { p50: rank(50), p95: rank(95), p99: rank(99) };
}
