import { epochNowMs } from "@porthole/protocol";
import { Hub } from "./hub.ts";

const TICK_MS = 500;
/** Each holds pictures: publishers may not fill the memory with them. */
const MAX_STREAMS = 1_000;

/** Too many streams are published. */
export class TooManyStreamsError extends Error {
  override readonly name = "TooManyStreamsError";
}

/** The streams there are, and the one timer that keeps their states true. */
export class StreamRegistry implements Disposable {
  readonly #hubs = new Map<string, Hub>();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

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
    const mayBeNew = this.#hubs.size < MAX_STREAMS || this.published().length < MAX_STREAMS;
    if (hub?.isKnown || mayBeNew) return hub ?? this.waitFor(id);
    throw new TooManyStreamsError(`there are ${MAX_STREAMS} streams already`);
  }

  /**
   * The hub of a stream to watch at once, whether or not it is published. There are at most as many
   * of these as viewers, who must not keep publishers out by waiting for streams that never come.
   */
  waitFor(id: string): Hub {
    const hub = this.#hubs.get(id) ?? new Hub(id);
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
      if (hub.isIdle(nowMs)) this.#hubs.delete(id);
    }
  }
}
