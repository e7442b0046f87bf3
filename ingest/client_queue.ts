import {
  type BacklogBounds,
  DropPolicy,
  type EncodedFrame,
  InFlight,
  isKeyframe,
} from "@porthole/protocol";

/** What happens to a frame for one viewer. */
export type Verdict =
  /** Hand it to the socket now. */
  | "deliver"
  /** The viewer is behind, or lost the keyframe this one builds on. */
  | "discard"
  /** The viewer has no keyframe yet: nothing is lost to it. */
  | "not-yet";

/**
 * What one viewer has been sent and not shown to have, and by it whether it gets the next frame.
 *
 * The bytes themselves wait in the socket; this is the account that keeps them few. Acks reveal
 * what the kernel's buffers hide; a viewer that never acks is judged by `bufferedAmount`. No
 * allocation a frame.
 */
export class ClientQueue {
  readonly #policy: DropPolicy;
  readonly #inFlight = new InFlight();
  /** Written over for each frame: a new object for each would be one a viewer a frame. */
  readonly #backlog = { bytes: 0, ageMs: 0 };
  #acks = false;
  #hasKeyframe = false;
  /** When the socket was last seen to hold nothing; since then what it holds has aged. */
  #emptyMs: number | undefined;
  #lastSeq = -1;

  constructor(bounds: BacklogBounds) {
    this.#policy = new DropPolicy(bounds);
  }

  /** @param bufferedBytes what the socket still holds */
  admit(encoded: EncodedFrame, bufferedBytes: number, nowMs: number): Verdict {
    if (bufferedBytes === 0) this.#emptyMs = nowMs;
    this.#backlog.bytes = this.#acks
      ? Math.max(bufferedBytes, this.#inFlight.bytes)
      : bufferedBytes;
    this.#backlog.ageMs = this.#acks
      ? this.#inFlight.ageMs(nowMs)
      : nowMs - (this.#emptyMs ?? nowMs);
    const key = isKeyframe(encoded.frame);
    if (!this.#policy.admit(key, this.#backlog)) return this.#hasKeyframe ? "discard" : "not-yet";
    this.#hasKeyframe = true;
    this.handedOver(encoded, nowMs);
    return "deliver";
  }

  /** Records a frame that went out without being asked for: one of the GOP a viewer joins with. */
  handedOver({ frame, bytes }: EncodedFrame, nowMs: number): void {
    this.#emptyMs ??= nowMs;
    if (frame.seq === undefined) return;
    // A publisher that counts anew: no ack will ever reach up to the old numbers.
    if (frame.seq <= this.#lastSeq) this.#inFlight.clear();
    this.#lastSeq = frame.seq;
    this.#inFlight.add(frame.seq, bytes.byteLength, nowMs);
  }

  acknowledge(seq: number): void {
    this.#acks = true;
    this.#inFlight.acknowledge(seq);
  }

  /** Another rendition, or the same anew. @param hasKeyframe a whole GOP was just handed over */
  restart(hasKeyframe: boolean): void {
    this.#inFlight.clear();
    this.#lastSeq = -1;
    // What comes now may carry no `seq` to acknowledge: until an ack says otherwise, go by the socket.
    this.#acks = false;
    this.#emptyMs = undefined;
    this.#hasKeyframe = hasKeyframe;
    if (hasKeyframe) this.#policy.begin();
    else this.#policy.restart();
  }

  /** Age of the oldest frame not known to have arrived, ms. */
  ageMs(nowMs: number): number {
    return this.#acks ? this.#inFlight.ageMs(nowMs) : 0;
  }
}
