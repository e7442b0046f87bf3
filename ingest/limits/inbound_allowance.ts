import { TokenBucket } from "./token_bucket.ts";

/** Twice what the most talkative viewer that keeps to SPEC.md sends: 400 messages of 4 KiB. */
const BYTES_PER_SECOND = 3 * 1024 * 1024;
/** A frame of WebSocket takes so much work, however short it is: pings, pongs, parts. */
const FRAME_COSTS_BYTES = 2 * 1024;

/** What one viewer may send, by bytes and by WebSocket frames, of whatever kind. Pure. */
export class InboundAllowance {
  readonly #bucket = new TokenBucket(BYTES_PER_SECOND, BYTES_PER_SECOND);

  /** @returns false once it is more than any viewer has a reason for */
  admits(bytes: number, frames: number, nowMs: number): boolean {
    return this.#bucket.take(bytes + frames * FRAME_COSTS_BYTES, nowMs);
  }
}
