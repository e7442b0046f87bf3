import type { LatencyPercentiles, PlaybackReport } from "@porthole/protocol";

/** Three reports missed: what was said then says nothing of now. */
const GOOD_FOR_MS = 35_000;
/** Reports come every ten seconds, and when a viewer is about to leave or pause. */
const EVERY_AT_LEAST_MS = 5_000;

/** How a viewer says it plays. Its word alone: nothing is decided by it. */
export interface Playback {
  readonly latencyMs: LatencyPercentiles;
  readonly fps: number;
}

/** How one viewer of a stream says it plays. */
export interface ViewerPlayback extends Playback {
  readonly stream: string;
}

/** What all viewers of a stream say together. */
export interface StreamPlayback {
  /** Viewers that have said anything of late. */
  readonly reporting: number;
  /** Of the viewer in the middle, each figure by itself: a few that lie, or are far off, move none. */
  readonly median: Playback;
  /** Of the worst, each figure by itself. */
  readonly worst: Playback;
}

/** The last report of one viewer. Pure. */
export class LastReport {
  #report: PlaybackReport | undefined;
  #atMs = -Infinity;

  /** @returns whether it comes no sooner after the one before than reports do */
  told(report: PlaybackReport, nowMs: number): boolean {
    const isExpected = nowMs - this.#atMs >= EVERY_AT_LEAST_MS;
    this.#report = report;
    this.#atMs = nowMs;
    return isExpected;
  }

  /** What it said holds no more: it paused. */
  forget(): void {
    this.#report = undefined;
  }

  /** `undefined` when it has said nothing of late. */
  at(nowMs: number): Playback | undefined {
    if (this.#report === undefined || nowMs - this.#atMs > GOOD_FOR_MS) return undefined;
    const { latencyMs, fps } = this.#report;
    return { latencyMs, fps };
  }
}

/** Viewers by stream, taken together; a stream that nobody reports of is not there. */
export function playbackByStream(
  viewers: readonly ViewerPlayback[],
): ReadonlyMap<string, StreamPlayback> {
  return new Map(
    [...Map.groupBy(viewers, ({ stream }) => stream)].map(([stream, of]) => [stream, {
      reporting: of.length,
      median: {
        latencyMs: percentilesOf(of, middleOf),
        fps: middleOf(of.map(({ fps }) => fps)),
      },
      worst: {
        latencyMs: percentilesOf(of, (values) => Math.max(...values)),
        fps: Math.min(...of.map(({ fps }) => fps)),
      },
    }]),
  );
}

function percentilesOf(
  viewers: readonly Playback[],
  choose: (values: readonly number[]) => number,
): LatencyPercentiles {
  const chosen = (name: keyof LatencyPercentiles) =>
    choose(viewers.map(({ latencyMs }) => latencyMs[name]));
  return { p50: chosen("p50"), p95: chosen("p95"), p99: chosen("p99") };
}

/** Of two the lesser: of one that lies and one that does not, the lie that is worth telling is high. */
function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}
