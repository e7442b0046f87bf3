/** One clock exchange, ms: asked (t0) and answered (t3) here, received (t1) and sent (t2) there. */
export interface ClockSample {
  readonly t0: number;
  readonly t1: number;
  readonly t2: number;
  readonly t3: number;
}

interface Measured {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

const SAMPLES_KEPT = 8;

/**
 * Ms since the epoch, with fractions, that never jump: set from the wall clock when the process
 * started and steady from then on, so that a stepped clock changes no latency.
 */
export function epochNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * The other side's clock against ours, by the exchange of NTP (RFC 5905, section 8): of the last
 * {@link SAMPLES_KEPT} samples the one with the shortest round trip, whose error is at most half.
 */
export class ClockOffset {
  readonly #samples: Measured[] = [];

  add({ t0, t1, t2, t3 }: ClockSample): void {
    const roundTripMs = (t3 - t0) - (t2 - t1);
    if (!Number.isFinite(roundTripMs) || roundTripMs < 0) return;
    this.#samples.push({ offsetMs: ((t1 - t0) + (t2 - t3)) / 2, roundTripMs });
    if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift();
  }

  /** Their clock minus ours, ms; `undefined` before the first sample. */
  get offsetMs(): number | undefined {
    return this.#best()?.offsetMs;
  }

  /** The round trip of the sample in use, ms. */
  get roundTripMs(): number | undefined {
    return this.#best()?.roundTripMs;
  }

  #best(): Measured | undefined {
    return this.#samples.reduce<Measured | undefined>(
      (best, sample) => best && best.roundTripMs <= sample.roundTripMs ? best : sample,
      undefined,
    );
  }
}
