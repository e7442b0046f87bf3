import { DelayHistogram } from "./statistics.ts";

/** What a group of viewers had to paint within a window. Delays are from the frame's sending, ms. */
export interface ArrivalReport {
  readonly viewers: number;
  /** Frames a second and viewer. */
  readonly fpsMean: number;
  /** Of the viewer that got the fewest. */
  readonly fpsMin: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Frames that were not there to be painted, by the steps of `seq`, over all viewers. */
  readonly missing: number;
}

/** Keeps account of the frames that a group of viewers gets. No allocation a frame. */
export class Arrivals {
  readonly #frames: Uint32Array;
  readonly #lastSeqs: Float64Array;
  #delays = new DelayHistogram();
  #missing = 0;
  #startMs: number | undefined;
  #viewersWithFrames = 0;

  constructor(viewers: number) {
    this.#frames = new Uint32Array(viewers);
    this.#lastSeqs = new Float64Array(viewers);
  }

  /** Viewers that have ever got a frame. */
  get viewersWithFrames(): number {
    return this.#viewersWithFrames;
  }

  /** Counts from now on; what came before is only known to have come. */
  start(nowMs: number): void {
    this.#startMs = nowMs;
    this.#frames.fill(0);
    this.#delays = new DelayHistogram();
    this.#missing = 0;
  }

  /**
   * @param viewer its number, from 0
   * @param sentMs and `nowMs`: on one clock
   * @throws {Error} for a frame that came before: then nothing that is counted here means anything
   */
  add(viewer: number, seq: number, sentMs: number, nowMs: number): void {
    const lastSeq = this.#lastSeqs[viewer] ?? 0;
    if (seq <= lastSeq) throw new Error(`frame ${seq} came after frame ${lastSeq}`);
    this.#lastSeqs[viewer] = seq;
    if (lastSeq === 0) this.#viewersWithFrames++;
    if (this.#startMs === undefined) return;
    this.#frames[viewer] = (this.#frames[viewer] ?? 0) + 1;
    this.#delays.add(nowMs - sentMs);
    if (lastSeq > 0) this.#missing += seq - lastSeq - 1;
  }

  report(nowMs: number): ArrivalReport {
    const seconds = (nowMs - (this.#startMs ?? nowMs)) / 1000;
    return {
      viewers: this.#frames.length,
      fpsMean: this.#delays.total / this.#frames.length / seconds,
      fpsMin: Math.min(...this.#frames) / seconds,
      p50Ms: this.#delays.percentile(0.5),
      p95Ms: this.#delays.percentile(0.95),
      p99Ms: this.#delays.percentile(0.99),
      maxMs: this.#delays.maxMs,
      missing: this.#missing,
    };
  }
}
