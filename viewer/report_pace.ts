import { MAX_REPORTED_FPS, MAX_REPORTED_LATENCY_MS, type PlaybackReport } from "@porthole/protocol";
import { type LatencyHistory, percentilesOf } from "./latency_history.ts";

const INTERVAL_MS = 10_000;

/** When ingest is told how late pictures were, and what: of those since it was told last. Pure. */
export class ReportPace {
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** Playing begins, or begins again: what was before is not told. */
  restart(nowMs: number): void {
    this.#sinceMs = nowMs;
  }

  /** What to tell now; `undefined` when it is not time, or nothing is known. */
  due(history: LatencyHistory, nowMs: number): PlaybackReport | undefined {
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < INTERVAL_MS) return undefined;
    const latenciesMs = history.latenciesSince(this.#sinceMs);
    this.#sinceMs = nowMs;
    const percentiles = percentilesOf(latenciesMs);
    if (percentiles === undefined) return undefined;
    return {
      type: "report",
      latencyMs: {
        p50: reported(percentiles.p50),
        p95: reported(percentiles.p95),
        p99: reported(percentiles.p99),
      },
      fps: Math.min(round(latenciesMs.length * 1000 / elapsedMs), MAX_REPORTED_FPS),
    };
  }
}

function reported(latencyMs: number): number {
  return Math.min(round(latencyMs), MAX_REPORTED_LATENCY_MS);
}

/** To a tenth: clocks are not known any better. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
