import {
  type EncodedFrame,
  type Frame,
  GopCache,
  JPEG_RENDITION,
  MAX_GOP_BYTES,
  renditionOf,
} from "@porthole/protocol";
import { FrameLane } from "./frame_lane.ts";

/** One rendition on its way to ingest. */
export interface RenditionLane {
  readonly name: string;
  /** What an ingest that comes (back) is given first. */
  readonly gop: GopCache;
  readonly lane: FrameLane;
}

interface Entry extends RenditionLane {
  /** Where its next turn begins, in bytes of the link's virtual time. */
  turnBytes: number;
}

/** As for viewers: later than this and the frames are given up. */
const MAX_AGE_MS = 500;

/**
 * The renditions that share one link to ingest.
 *
 * What waits is taken in turns that are fair by bytes, whatever the sizes of the frames: where the
 * link is too slow for all, a rendition that needs less than its share is not delayed by those that
 * need more (start-time fair queueing: Goyal, Vin, Cheng, SIGCOMM 1996). Pure.
 */
export class RenditionLanes implements Iterable<RenditionLane> {
  readonly #maxWaitingJpegs: number;
  readonly #entries = new Map<string, Entry>();
  #nowBytes = 0;

  constructor(maxWaitingJpegs: number) {
    this.#maxWaitingJpegs = maxWaitingJpegs;
  }

  /** Frames given up because the link was slow. */
  get discarded(): number {
    return [...this.#entries.values()].reduce((sum, { lane }) => sum + lane.discarded, 0);
  }

  [Symbol.iterator](): Iterator<RenditionLane> {
    return this.#entries.values();
  }

  /** The rendition that a frame is of. */
  of(frame: Frame): RenditionLane {
    const name = renditionOf(frame);
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const bounds = { maxBytes: MAX_GOP_BYTES, maxAgeMs: MAX_AGE_MS };
    const maxWaiting = name === JPEG_RENDITION ? this.#maxWaitingJpegs : Infinity;
    const lane = new FrameLane({ bounds, maxWaiting });
    const entry = { name, gop: new GopCache(), lane, turnBytes: this.#nowBytes };
    this.#entries.set(name, entry);
    return entry;
  }

  /** The rendition of that name; without one, the only rendition there is. */
  find(name: string | undefined): RenditionLane | undefined {
    if (name !== undefined) return this.#entries.get(name);
    const [only, another] = this.#entries.values();
    return another === undefined ? only : undefined;
  }

  /** The next frame to send. */
  take(): EncodedFrame | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (!entry.lane.hasWaiting) continue;
      // A rendition that had nothing to send has saved nothing up.
      entry.turnBytes = Math.max(entry.turnBytes, this.#nowBytes);
      if (next === undefined || entry.turnBytes < next.turnBytes) next = entry;
    }
    const encoded = next?.lane.take();
    if (next === undefined || encoded === undefined) return undefined;
    this.#nowBytes = next.turnBytes;
    next.turnBytes += encoded.bytes.byteLength;
    return encoded;
  }
}
