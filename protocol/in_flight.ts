import type { Backlog } from "./drop_policy.ts";

/** 8 s at 60 fps; a receiver that far behind is over every bound already. */
const CAPACITY = 512;

/**
 * The frames of one rendition that were handed to a link and not yet acknowledged: what the
 * kernel's send buffer hides (megabytes) and acks reveal. Allocates only when it is made.
 */
export class InFlight {
  readonly #seqs = new Float64Array(CAPACITY);
  readonly #bytes = new Float64Array(CAPACITY);
  readonly #handedOverMs = new Float64Array(CAPACITY);
  #oldest = 0;
  #count = 0;
  #totalBytes = 0;

  get count(): number {
    return this.#count;
  }

  /** Records a frame; when full, the oldest is forgotten but its age is kept by its successor. */
  add(seq: number, bytes: number, nowMs: number): void {
    if (this.#count === CAPACITY) {
      const oldestMs = this.#handedOverMs[this.#oldest] ?? nowMs;
      this.#removeOldest();
      this.#handedOverMs[this.#oldest] = oldestMs;
    }
    const slot = (this.#oldest + this.#count) % CAPACITY;
    this.#seqs[slot] = seq;
    this.#bytes[slot] = bytes;
    this.#handedOverMs[slot] = nowMs;
    this.#count++;
    this.#totalBytes += bytes;
  }

  /** Everything up to `seq` has arrived. An ack of something never sent changes nothing. */
  acknowledge(seq: number): void {
    while (this.#count > 0 && (this.#seqs[this.#oldest] ?? Infinity) <= seq) this.#removeOldest();
  }

  /** When the frame `seq` was handed over, while it is in flight. */
  handedOverMs(seq: number): number | undefined {
    for (let index = 0; index < this.#count; index++) {
      const slot = (this.#oldest + index) % CAPACITY;
      if (this.#seqs[slot] === seq) return this.#handedOverMs[slot];
    }
    return undefined;
  }

  get bytes(): number {
    return this.#totalBytes;
  }

  ageMs(nowMs: number): number {
    return this.#count === 0 ? 0 : nowMs - (this.#handedOverMs[this.#oldest] ?? nowMs);
  }

  backlog(nowMs: number): Backlog {
    return { bytes: this.#totalBytes, ageMs: this.ageMs(nowMs) };
  }

  clear(): void {
    this.#count = 0;
    this.#totalBytes = 0;
  }

  #removeOldest(): void {
    this.#totalBytes -= this.#bytes[this.#oldest] ?? 0;
    this.#oldest = (this.#oldest + 1) % CAPACITY;
    this.#count--;
  }
}
