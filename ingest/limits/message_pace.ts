/** A message that takes no longer than this may come however slowly. */
const SLOW_AFTER_MS = 4_000;
/** Less is no link for video: a keyframe of 100 KB would take longer than 12 s. */
export const MIN_MESSAGE_KBPS = 64;

/** Whether a message that has begun comes at a pace at which it will ever be whole. Pure. */
export class MessagePace {
  #bytes = 0;
  #sinceMs = 0;

  /**
   * @param pendingBytes of the message that is not complete; 0 for none
   * @param isNew whether it began only now
   */
  received(pendingBytes: number, isNew: boolean, nowMs: number): void {
    if (isNew || this.#bytes === 0) this.#sinceMs = nowMs;
    this.#bytes = pendingBytes;
  }

  isTooSlow(nowMs: number): boolean {
    const tookMs = nowMs - this.#sinceMs;
    return this.#bytes > 0 && tookMs > SLOW_AFTER_MS && this.#bytes * 8 / tookMs < MIN_MESSAGE_KBPS;
  }
}
