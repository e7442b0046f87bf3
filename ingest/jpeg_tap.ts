import { type EncodedFrame, epochNowMs, JPEG_RENDITION } from "@porthole/protocol";
import type { Hub } from "./hub.ts";
import type { Watcher } from "./rendition_track.ts";

/** Hands over JPEGs one at a time, always the newest; what came in between is discarded. */
export class JpegTap implements Watcher, Disposable {
  readonly #watching: Disposable;
  #newest: EncodedFrame | undefined;
  #resume: (() => void) | undefined;

  constructor(hub: Hub) {
    this.#watching = hub.watch(JPEG_RENDITION, this, epochNowMs());
  }

  deliver(encoded: EncodedFrame): void {
    this.#newest = encoded;
    this.#resume?.();
  }

  catchUp(gop: readonly EncodedFrame[]): void {
    const newest = gop.at(-1);
    // What was cached may be of a camera long gone: a snapshot is of now.
    if (newest !== undefined && epochNowMs() - newest.frame.timestamp < FRESH_MS) {
      this.deliver(newest);
    }
  }

  sourceRestarted(): void {
    this.#newest = undefined;
  }

  /** The newest JPEG not yet handed over, as soon as there is one; `undefined` on abort. */
  async next(signal: AbortSignal): Promise<EncodedFrame | undefined> {
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
}

const FRESH_MS = 1_000;
