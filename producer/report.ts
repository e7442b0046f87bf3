import { type Frame, renditionOf } from "@porthole/protocol";
import type { Log } from "@porthole/protocol/service";

/** Counts what passes between two lines of the log, of all cameras together. */
export class Report {
  readonly #frames = new Map<string, number>();
  #bytes = 0;
  #deliveryMs: number[] = [];
  readonly #discarded = new Set<() => number>();
  #discardedBefore = 0;
  /** By cameras that are not there any more. */
  #discardedOnce = 0;
  #sinceMs = performance.now();

  countFrame(frame: Frame): void {
    const rendition = renditionOf(frame);
    this.#frames.set(rendition, (this.#frames.get(rendition) ?? 0) + 1);
    this.#bytes += frame.data.byteLength;
  }

  countDelivery(delayMs: number): void {
    this.#deliveryMs.push(delayMs);
  }

  /** Another camera's discards, as many as it has had so far, until the result is disposed of. */
  countDiscards(discardedEver: () => number): Disposable {
    this.#discarded.add(discardedEver);
    return {
      [Symbol.dispose]: () => {
        if (this.#discarded.delete(discardedEver)) this.#discardedOnce += discardedEver();
      },
    };
  }

  /** Tells what has passed since the last time, and starts over. */
  write(log: Log): void {
    const discardedEver = [...this.#discarded]
      .reduce((sum, discarded) => sum + discarded(), this.#discardedOnce);
    const nowMs = performance.now();
    const seconds = (nowMs - this.#sinceMs) / 1000;
    const fps = Object.fromEntries(
      [...this.#frames].map(([rendition, frames]) => [rendition, round(frames / seconds)]),
    );
    const sorted = this.#deliveryMs.sort((a, b) => a - b);
    const discarded = discardedEver - this.#discardedBefore;
    log.debug("frames published", {
      fps,
      kbps: Math.round(this.#bytes * 8 / seconds / 1000),
      deliveryP50Ms: percentile(sorted, 0.5),
      deliveryP99Ms: percentile(sorted, 0.99),
      discarded,
    });
    if (discarded > 0) {
      log.warn("frames discarded: ingest takes fewer than there are", { discarded });
    }
    this.#frames.clear();
    this.#bytes = 0;
    this.#deliveryMs = [];
    this.#discardedBefore = discardedEver;
    this.#sinceMs = nowMs;
  }
}

function percentile(sorted: readonly number[], share: number): number | undefined {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? undefined : round(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
