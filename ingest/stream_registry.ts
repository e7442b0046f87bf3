import { epochNowMs } from "@porthole/protocol";
import { Hub } from "./hub.ts";

const TICK_MS = 500;
/** Hubs cost little, but a viewer may name any stream: that must not fill the memory. */
const MAX_STREAMS = 1_000;

/** Too many streams are published or waited for. */
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
   * The hub of a stream, made when nobody has asked for it before.
   *
   * @throws {TooManyStreamsError}
   */
  open(id: string): Hub {
    const known = this.#hubs.get(id);
    if (known !== undefined) return known;
    if (this.#hubs.size >= MAX_STREAMS) {
      throw new TooManyStreamsError(`there are ${MAX_STREAMS} streams already`);
    }
    const hub = new Hub(id);
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
