import type { Backlog } from "./drop_policy.ts";

/** 8 s at 60 fps; a receiver that far behind is over every bound already. */
const MAX_COUNT = 512;
const INITIAL_COUNT = 32;

/** The columns of a row. */
const SEQ = 0;
const BYTES = 1;
const HANDED_OVER_MS = 2;
const TRACK = 3;
const COLUMNS = 4;

/**
 * The frames that were handed to a link and not yet acknowledged: what the kernel's send buffer
 * hides (megabytes) and acks reveal. Frames arrive in the order in which they were handed over, so
 * an ack of one is an ack of all before it, of whichever track. Allocates only while it grows.
 */
export class InFlight {
  #rows = new Float64Array(INITIAL_COUNT * COLUMNS);
  #capacity = INITIAL_COUNT;
  #oldest = 0;
  #count = 0;
  #totalBytes = 0;

  get count(): number {
    return this.#count;
  }

  /**
   * Records a frame; when full, the oldest is forgotten but its age is kept by its successor.
   *
   * @param track whose numbering `seq` is of, where a link carries frames of several
   */
  add(seq: number, bytes: number, nowMs: number, track = 0): void {
    if (this.#count === this.#capacity) this.#makeRoom(nowMs);
    const row = this.#row(this.#count);
    this.#rows[row + SEQ] = seq;
    this.#rows[row + BYTES] = bytes;
    this.#rows[row + HANDED_OVER_MS] = nowMs;
    this.#rows[row + TRACK] = track;
    this.#count++;
    this.#totalBytes += bytes;
  }

  /**
   * Everything up to `seq` of a track has arrived, and all that was handed over before it. An ack
   * of something that is not in flight changes nothing.
   *
   * @returns how many frames that were
   */
  acknowledge(seq: number, track = 0): number {
    let acknowledged = 0;
    for (let index = 0; index < this.#count; index++) {
      const row = this.#row(index);
      if (this.#rows[row + TRACK] !== track) continue;
      if ((this.#rows[row + SEQ] ?? Infinity) > seq) break;
      acknowledged = index + 1;
    }
    for (let index = 0; index < acknowledged; index++) this.#removeOldest();
    return acknowledged;
  }

  /** When the frame `seq` was handed over, while it is in flight. */
  handedOverMs(seq: number, track = 0): number | undefined {
    for (let index = 0; index < this.#count; index++) {
      const row = this.#row(index);
      if (this.#rows[row + SEQ] === seq && this.#rows[row + TRACK] === track) {
        return this.#rows[row + HANDED_OVER_MS];
      }
    }
    return undefined;
  }

  get bytes(): number {
    return this.#totalBytes;
  }

  ageMs(nowMs: number): number {
    return this.#count === 0 ? 0 : nowMs - (this.#rows[this.#row(0) + HANDED_OVER_MS] ?? nowMs);
  }

  backlog(nowMs: number): Backlog {
    return { bytes: this.#totalBytes, ageMs: this.ageMs(nowMs) };
  }

  clear(): void {
    this.#count = 0;
    this.#totalBytes = 0;
  }

  #row(index: number): number {
    return (this.#oldest + index) % this.#capacity * COLUMNS;
  }

  #makeRoom(nowMs: number): void {
    if (this.#capacity < MAX_COUNT) return this.#grow();
    const oldestMs = nowMs - this.ageMs(nowMs);
    this.#removeOldest();
    this.#rows[this.#row(0) + HANDED_OVER_MS] = oldestMs;
  }

  #grow(): void {
    const rows = new Float64Array(this.#rows.length * 2);
    const sinceOldest = this.#rows.subarray(this.#row(0));
    rows.set(sinceOldest);
    rows.set(this.#rows.subarray(0, this.#row(0)), sinceOldest.length);
    this.#rows = rows;
    this.#capacity *= 2;
    this.#oldest = 0;
  }

  #removeOldest(): void {
    this.#totalBytes -= this.#rows[this.#row(0) + BYTES] ?? 0;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
    this.#count--;
  }
}
