import { MAX_GOP_BYTES, MAX_GOP_MS } from "@porthole/protocol";
import { PublishLimitError } from "./publish_limit_error.ts";
import { TokenBucket } from "./token_bucket.ts";

export interface PublishLimits {
  /** Of all renditions of a stream together, kbit/s. */
  readonly maxKbps: number;
  /** Of all renditions of a stream together, frames a second. */
  readonly maxFps: number;
}

/** Renditions whose current GOPs a publisher that comes back replays at once: main, low, jpeg. */
const REPLAYED_RENDITIONS = 3;
/** A producer says four things when it comes, and then one in two seconds: each may go to all viewers. */
const CONTROL_PER_SECOND = 50;
const CONTROL_AT_ONCE = 200;

/**
 * What one stream may be sent: a rate over time, and at once the GOPs that a publisher which
 * comes back replays. Pure.
 */
export class PublishRate {
  readonly #limits: PublishLimits;
  readonly #bytes: TokenBucket;
  readonly #frames: TokenBucket;
  readonly #control = new TokenBucket(CONTROL_PER_SECOND, CONTROL_AT_ONCE);

  constructor(limits: PublishLimits) {
    const { maxKbps, maxFps } = limits;
    this.#limits = limits;
    const bytesPerSecond = maxKbps * 1000 / 8;
    const replayBytes = REPLAYED_RENDITIONS * MAX_GOP_BYTES;
    this.#bytes = new TokenBucket(bytesPerSecond, replayBytes + 2 * bytesPerSecond);
    this.#frames = new TokenBucket(maxFps, REPLAYED_RENDITIONS * maxFps * MAX_GOP_MS / 1000);
  }

  /**
   * A message came, whatever is in it.
   *
   * @throws {PublishLimitError} `too_fast`
   */
  received(bytes: number, nowMs: number): void {
    if (this.#bytes.take(bytes, nowMs)) return;
    throw new PublishLimitError(
      "too_fast",
      `more than ${this.#limits.maxKbps} kbit/s are published; lower the camera's bit rate, or ` +
        "raise MAX_PUBLISH_KBPS of ingest",
    );
  }

  /** It is a frame. @throws {PublishLimitError} `too_fast` */
  receivedFrame(nowMs: number): void {
    if (this.#frames.take(1, nowMs)) return;
    throw new PublishLimitError(
      "too_fast",
      `more than ${this.#limits.maxFps} frames a second are published; lower the camera's frame ` +
        "rate, or raise MAX_PUBLISH_FPS of ingest",
    );
  }

  /** It is a control message, of a type that is known or not. @throws {PublishLimitError} `too_fast` */
  receivedControl(nowMs: number): void {
    if (this.#control.take(1, nowMs)) return;
    throw new PublishLimitError(
      "too_fast",
      `more than ${CONTROL_PER_SECOND} control messages a second are published; say less`,
    );
  }
}
