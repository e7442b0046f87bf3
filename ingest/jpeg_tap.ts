import { epochNowMs, JPEG_RENDITION } from "@porthole/protocol";
import type { Hub, Watching } from "./hub.ts";
import type { OutboundFrame } from "./outbound_frame.ts";
import type { Watcher } from "./rendition_track.ts";

/** What was cached may be of a camera long gone: a snapshot is of now. */
const FRESH_MS = 1_000;

/** Hands over JPEGs one at a time, always the newest; what came in between is discarded. */
export class JpegTap implements Watcher, Disposable {
  readonly #hub: Hub;
  readonly #rendition: string;
  readonly #watching: Watching;
  #newest: OutboundFrame | undefined;
  #resume: (() => void) | undefined;

  /** @param rendition one of JPEGs */
  constructor(hub: Hub, rendition: string = JPEG_RENDITION) {
    this.#hub = hub;
    this.#rendition = rendition;
    this.#watching = hub.watch(rendition, this, epochNowMs());
  }

  /** Whether somebody waits for a picture. */
  get isWaitedFor(): boolean {
    return this.#resume !== undefined;
  }

  /** The last picture that came, however long ago, if it is kept. */
  get last(): OutboundFrame | undefined {
    return this.#watching.gop().at(-1);
  }

  /** Ends a wait, without a picture. */
  interrupt(): void {
    this.#resume?.();
  }

  deliver(encoded: OutboundFrame): void {
    this.#newest = encoded;
    this.#resume?.();
  }

  catchUp(gop: readonly OutboundFrame[], nowMs: number): void {
    const newest = gop.at(-1);
    if (newest !== undefined && this.#ageMs(newest, nowMs) < FRESH_MS) this.deliver(newest);
  }

  /** What a snapshot shows is whole by itself. */
  givenUp(): void {}

  sourceRestarted(): void {
    this.#newest = undefined;
  }

  /** The newest JPEG not yet handed over, as soon as there is one; `undefined` when interrupted. */
  async next(signal: AbortSignal): Promise<OutboundFrame | undefined> {
    if (this.#newest === undefined && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener("abort", done);
          this.#resume = undefined;
          resolve();
        };
        this.#resume = done;
        signal.addEventListener("abort", done);
      });
    }
    const newest = this.#newest;
    this.#newest = undefined;
    return newest;
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]();
  }

  /** By when it came and by its timestamp, whichever is longer ago: the one may be of a replay, the
   * other by a clock that is ahead. */
  #ageMs(encoded: OutboundFrame, nowMs: number): number {
    const cameMs = this.#hub.newestMs(this.#rendition) ?? nowMs;
    const { clockOffsetMs } = this.#hub.info(nowMs);
    return nowMs - Math.min(cameMs, encoded.frame.timestamp - clockOffsetMs);
  }
}
