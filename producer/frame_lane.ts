import {
  type Backlog,
  type BacklogBounds,
  DropPolicy,
  type EncodedFrame,
  InFlight,
  isKeyframe,
} from "@porthole/protocol";

interface Waiting {
  readonly encoded: EncodedFrame;
  readonly offeredMs: number;
}

export interface FrameLaneOptions {
  readonly bounds: BacklogBounds;
  /** Frames that may wait; past it the oldest gives way. For renditions of keyframes alone. */
  readonly maxWaiting?: number;
}

/**
 * The frames of one rendition on their way to a slow taker, bounded by bytes and age.
 *
 * Over its bounds it gives up what still waits and everything up to the next keyframe, so what
 * is taken always decodes. Frames count as on their way until they are acknowledged.
 */
export class FrameLane {
  readonly #policy: DropPolicy;
  readonly #maxWaiting: number;
  readonly #inFlight = new InFlight();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #discarded = 0;
  #replaced = 0;

  constructor({ bounds, maxWaiting = Infinity }: FrameLaneOptions) {
    this.#policy = new DropPolicy(bounds);
    this.#maxWaiting = maxWaiting;
  }

  /** Frames given up since the lane was made. */
  get discarded(): number {
    return this.#discarded;
  }

  /** Of those the ones that a newer frame took the place of. */
  get replaced(): number {
    return this.#replaced;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether the frame was let in. */
  offer(encoded: EncodedFrame, nowMs: number): boolean {
    if (this.#policy.isOver(this.#backlog(nowMs))) {
      this.#policy.restart();
      this.#discardWaiting();
    }
    if (!this.#policy.admit(isKeyframe(encoded.frame), this.#backlog(nowMs))) {
      this.#discarded++;
      return false;
    }
    this.#waiting.push({ encoded, offeredMs: nowMs });
    this.#waitingBytes += encoded.bytes.byteLength;
    while (this.#waiting.length > this.#maxWaiting) {
      this.#shift();
      this.#discarded++;
      this.#replaced++;
    }
    return true;
  }

  /** The next frame to hand over, which then counts as in flight. */
  take(): EncodedFrame | undefined {
    const next = this.#shift();
    if (next === undefined) return undefined;
    const { encoded, offeredMs } = next;
    this.#inFlight.add(encoded.frame.seq ?? 0, encoded.bytes.byteLength, offeredMs);
    return encoded;
  }

  /** When the frame was offered, while it is in flight. */
  offeredMs(seq: number): number | undefined {
    return this.#inFlight.handedOverMs(seq);
  }

  /** Everything up to `seq` has arrived. */
  acknowledge(seq: number): void {
    this.#inFlight.acknowledge(seq);
  }

  /** How long the oldest frame that has not arrived is on its way, ms. */
  ageMs(nowMs: number): number {
    return this.#backlog(nowMs).ageMs;
  }

  /** Starts over with a taker that has nothing. */
  reset(): void {
    this.#policy.restart();
    this.#discardWaiting();
    this.#inFlight.clear();
  }

  #backlog(nowMs: number): Backlog {
    const oldestWaitingMs = this.#waiting[0]?.offeredMs ?? nowMs;
    return {
      bytes: this.#waitingBytes + this.#inFlight.bytes,
      ageMs: Math.max(nowMs - oldestWaitingMs, this.#inFlight.ageMs(nowMs)),
    };
  }

  #shift(): Waiting | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#waitingBytes -= next.encoded.bytes.byteLength;
    return next;
  }

  #discardWaiting(): void {
    this.#discarded += this.#waiting.length;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
