import { epochNowMs, type Frame, LIVE_CONTENT_TYPE, MessageEncoder } from "@porthole/protocol";
import { request } from "node:http";
import type { NumberedClip } from "./numbered_clip.ts";

export interface ClipRendition {
  readonly name: string;
  readonly clip: NumberedClip;
  /** How long after its capture a frame is sent: what an encoder takes. */
  readonly delayMs: number;
}

/**
 * A publisher of frames, and of its name at most: plays clips at their own pace, from their
 * beginning, each as a rendition of the same stream. Frames of one number were captured at the same
 * time.
 */
export class ClipPublisher implements Disposable {
  readonly #encoder = new MessageEncoder();
  readonly #request: ReturnType<typeof request>;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #startedAtMs = epochNowMs();

  /** @param name what people are to call it; none by default */
  constructor(
    ingestUrl: string,
    renditions: readonly ClipRendition[],
    streamId = "default",
    name = "",
  ) {
    this.#request = request(new URL(`ingest/${streamId}`, ingestUrl), {
      method: "POST",
      headers: { "content-type": LIVE_CONTENT_TYPE },
    });
    this.#request.on("response", (response) => response.resume());
    // Ingest may go first; what a test waits for then does not come, and says so.
    this.#request.on("error", () => this[Symbol.dispose]());
    if (name !== "") {
      const hello = { type: "hello", software: "clips", renditions: [], name } as const;
      this.#request.write(this.#encoder.encodePrefixed(hello));
    }
    for (const rendition of renditions) this.#play(rendition, 0);
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#request.destroy();
  }

  #play(rendition: ClipRendition, number: number): void {
    const { clip, delayMs } = rendition;
    const unit = clip.units[number];
    if (unit === undefined) return;
    const capturedAtMs = Math.round(this.#startedAtMs + number * 1000 / clip.options.fps);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#request.write(this.#encoder.encodePrefixed(frameOf(rendition, number, capturedAtMs)));
      this.#play(rendition, number + 1);
    }, Math.max(0, capturedAtMs + delayMs - epochNowMs()));
    this.#timers.add(timer);
  }
}

function frameOf({ name, clip }: ClipRendition, number: number, capturedAtMs: number): Frame {
  const { widthPx, heightPx, fps } = clip.options;
  const { data, key } = clip.units[number] ?? { data: new Uint8Array(), key: false };
  return {
    timestamp: capturedAtMs,
    width: widthPx,
    height: heightPx,
    data,
    codec: clip.codec,
    key,
    seq: number,
    pts: Math.round(number * 1_000_000 / fps),
    rendition: name,
    ...(key && clip.config !== undefined ? { config: clip.config } : {}),
  };
}
