import { type Backlog, codecOf, isKeyframe, renditionOf } from "@porthole/protocol";
import { MAX_STEP_BACK_MS } from "../playhead.ts";
import type { ReceivedFrame } from "../picture.ts";
import type { MediaFrame, ShownFrame } from "./media_frame.ts";

/** Where nobody sees a picture nothing tells which was shown. */
const MAX_KEPT = 1000;

/** What the page is told; the buffers are to be transferred. */
export interface MediaOutletHandlers {
  onFrame(frame: MediaFrame, buffer: ArrayBufferLike): void;
  onEnd(): void;
}

/** Its data went to the page, so its size is kept beside it. */
interface SentFrame extends ReceivedFrame {
  readonly bytes: number;
}

/**
 * The worker's end of the way to the page's media element: frames go out, and what was shown comes
 * back.
 *
 * Of another rendition, what was captured before the newest of the one before is to be decoded and
 * not shown, as a replay: a change of quality never shows the past again.
 */
export class MediaOutlet {
  readonly #handlers: MediaOutletHandlers;
  readonly #sent = new Map<number, SentFrame>();
  #id = 0;
  #isOpen = false;
  #overtaken = 0;
  #rendition = "";
  #aliveAtMs = Number.NEGATIVE_INFINITY;
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(handlers: MediaOutletHandlers) {
    this.#handlers = handlers;
  }

  /** Frames that went out and were not shown yet. */
  get frames(): number {
    return this.#sent.size;
  }

  /** Frames that were never shown because a newer one was. */
  get overtaken(): number {
    return this.#overtaken;
  }

  /** What waits to be shown. A replay is none: it has to be decoded whole. */
  backlog(nowMs: number): Backlog {
    let bytes = 0;
    let oldestAtMs = nowMs;
    for (const sent of this.#sent.values()) {
      if (sent.isReplayed) continue;
      bytes += sent.bytes;
      oldestAtMs = Math.min(oldestAtMs, sent.receivedAtMs);
    }
    return { bytes, ageMs: Math.max(0, nowMs - Math.max(oldestAtMs, this.#aliveAtMs)) };
  }

  /** The frame's data is gone afterwards, to the page. Always taken. */
  decode(received: ReceivedFrame): boolean {
    const { frame, isReplayed } = received;
    const id = ++this.#id;
    const mediaFrame: MediaFrame = {
      id,
      data: frame.data,
      key: isKeyframe(frame),
      codec: codecOf(frame),
      config: frame.config,
      widthPx: frame.width,
      heightPx: frame.height,
      ptsUs: frame.pts ?? frame.timestamp * 1000,
      isReplayed: isReplayed || this.#goesBack(received),
    };
    this.#isOpen = true;
    const bytes = frame.data.byteLength;
    this.#sent.set(id, { ...received, isReplayed: mediaFrame.isReplayed, bytes });
    for (const oldestId of this.#sent.keys()) {
      if (this.#sent.size <= MAX_KEPT) break;
      this.#sent.delete(oldestId);
    }
    this.#handlers.onFrame(mediaFrame, frame.data.buffer);
    return true;
  }

  /** The frame that was shown; `undefined` for one of before a restart. */
  shown({ id: shownId, untold }: ShownFrame): ReceivedFrame | undefined {
    const shown = this.#sent.get(shownId);
    if (shown === undefined) return undefined;
    let passedOver = -untold;
    for (const [id, { isReplayed }] of this.#sent) {
      if (id > shownId) break;
      this.#sent.delete(id);
      if (!isReplayed && id < shownId) passedOver++;
    }
    this.#overtaken += Math.max(0, passedOver);
    return shown;
  }

  /** It decodes, though nothing of it is seen: frames wait for no more than that. */
  alive(nowMs: number): void {
    this.#aliveAtMs = nowMs;
  }

  /** Another publisher stamps by another clock: times of before say nothing. */
  sourceRestarted(): void {
    this.#newestMs = Number.NEGATIVE_INFINITY;
  }

  /** What is on the way is of no use any more; what shows, stays. */
  restart(): void {
    this.#sent.clear();
  }

  /** The page's media element is done with. Twice is fine. */
  end(): void {
    this.#sent.clear();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#handlers.onEnd();
  }

  #goesBack({ frame, isReplayed }: ReceivedFrame): boolean {
    const rendition = renditionOf(frame);
    const stepBackMs = this.#newestMs - frame.timestamp;
    const isOther = rendition !== this.#rendition;
    if (isOther && stepBackMs > 0 && stepBackMs <= MAX_STEP_BACK_MS) return true;
    if (isReplayed) return false;
    this.#rendition = rendition;
    this.#newestMs = frame.timestamp;
    return false;
  }
}
