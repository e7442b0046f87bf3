import { epochNowMs } from "@porthole/protocol";
import type { Ages } from "./ages.ts";
import { Hub } from "./hub.ts";
import { CacheBudget } from "./limits/cache_budget.ts";
import { PublishRate } from "./limits/publish_rate.ts";
import type { StreamLimits } from "./limits/stream_limits.ts";
import { Metrics } from "./metrics.ts";
import { StreamAccount } from "./stream_account.ts";

const TICK_MS = 500;
const UNLIMITED: StreamLimits = {
  maxStreams: Infinity,
  maxCacheBytes: Infinity,
  publish: { maxKbps: Infinity, maxFps: Infinity },
};

/** Too many streams are published. */
export class TooManyStreamsError extends Error {
  override readonly name = "TooManyStreamsError";
}

/** The streams there are, and the one timer that keeps their states true. */
export class StreamRegistry implements Disposable {
  readonly #hubs = new Map<string, Hub>();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);
  readonly #limits: StreamLimits;
  readonly #cache: CacheBudget;
  readonly #metrics: Metrics;
  readonly #ages: Ages | undefined;

  /** @param ages where it is told how late pictures are */
  constructor(
    limits: StreamLimits = UNLIMITED,
    metrics: Metrics = new Metrics(),
    ages: Ages | undefined = undefined,
  ) {
    this.#limits = limits;
    this.#metrics = metrics;
    this.#ages = ages;
    this.#cache = new CacheBudget(limits.maxCacheBytes, metrics);
  }

  get(id: string): Hub | undefined {
    return this.#hubs.get(id);
  }

  /**
   * The hub of a stream to publish at once: one that nobody uses is gone by the next tick.
   *
   * @throws {TooManyStreamsError}
   */
  open(id: string): Hub {
    const hub = this.#hubs.get(id);
    const { maxStreams } = this.#limits;
    const mayBeNew = this.#hubs.size < maxStreams || this.published().length < maxStreams;
    if (hub?.isKnown || mayBeNew) return hub ?? this.waitFor(id);
    this.#metrics.streamsRefused++;
    throw new TooManyStreamsError(
      `${maxStreams} streams are published already; stop one, or raise MAX_STREAMS`,
    );
  }

  /**
   * The hub of a stream to watch at once, whether or not it is published. There are at most as many
   * of these as viewers, who must not keep publishers out by waiting for streams that never come.
   */
  waitFor(id: string): Hub {
    const known = this.#hubs.get(id);
    if (known !== undefined) return known;
    const rate = new PublishRate(this.#limits.publish);
    const account = new StreamAccount(this.#ages?.of(id));
    const hub = new Hub(id, { cache: this.#cache, rate, account });
    this.#hubs.set(id, hub);
    return hub;
  }

  /** Streams that have or had a publisher, by id; not those that viewers merely wait for. */
  published(): Hub[] {
    return [...this.#hubs.values()]
      .filter((hub) => hub.isKnown)
      .sort((a, b) => a.id < b.id ? -1 : 1);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const hub of this.#hubs.values()) hub.close("shutdown", "ingest is shutting down");
  }

  #tick(): void {
    const nowMs = epochNowMs();
    for (const [id, hub] of this.#hubs) {
      hub.tick(nowMs);
      if (!hub.isIdle(nowMs)) continue;
      this.#hubs.delete(id);
      hub[Symbol.dispose]();
    }
  }
}
