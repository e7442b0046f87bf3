import { type Backlog, InFlight } from "@porthole/protocol";
import { LinkMeter } from "./link_meter.ts";

/** The frames of one rendition on their way to one viewer, by one numbering. */
export interface SentTrack {
  readonly rendition: string;
  readonly id: number;
  /** -1 before the first. */
  newestSeq: number;
  /** By the numbering before this one, of which acks still come. */
  before: SentTrack | undefined;
}

/**
 * What one viewer has been sent and not shown to have, of all its renditions together: they share
 * one link. The bytes themselves wait in the socket; this is the account that keeps them few.
 *
 * Acks reveal what the kernel's buffers hide. Age is counted beyond the shortest delay seen, so a
 * long way alone is no lateness; a viewer that acks late on purpose gains `maxBaseDelayMs` by it. On
 * a link that was lately too slow it is at least the time that what is on the way will take. A
 * viewer that never acks is judged by what its socket holds. No allocation a frame.
 */
export class ClientQueue {
  readonly #inFlight = new InFlight();
  readonly #link = new LinkMeter();
  readonly #tracks = new Map<string, SentTrack>();
  readonly #maxBaseDelayMs: number;
  /** Written over for each frame: a new object for each would be one a viewer a frame. */
  readonly #backlog = { bytes: 0, ageMs: 0 };
  #nextTrackId = 1;
  #acks = false;
  #countsSent = false;
  /** From handing a frame over to its ack, the last time that was known, ms. */
  #deliveryMs: number | undefined;
  /** When the socket was last seen to hold nothing; since then what it holds has aged. */
  #emptyMs: number | undefined;

  constructor(maxBaseDelayMs: number) {
    this.#maxBaseDelayMs = maxBaseDelayMs;
  }

  get goodputKbps(): number | undefined {
    return this.#link.goodputKbps;
  }

  /** From handing a frame over to its ack, told once: `undefined` when none came since the last time. */
  takeDeliveryMs(): number | undefined {
    const deliveryMs = this.#deliveryMs;
    this.#deliveryMs = undefined;
    return deliveryMs;
  }

  /** Frames of a rendition follow, with a numbering of their own. */
  begin(rendition: string): SentTrack {
    const last = this.#tracks.get(rendition);
    // One that carried nothing is none to wait for acks of.
    const before = last?.newestSeq === -1 ? last.before : last;
    if (before !== undefined) before.before = undefined;
    const track = { rendition, id: this.#nextTrackId++, newestSeq: -1, before };
    this.#tracks.set(rendition, track);
    return track;
  }

  handedOver(track: SentTrack, seq: number | undefined, bytes: number, nowMs: number): void {
    this.#emptyMs ??= nowMs;
    this.#countsSent = seq !== undefined;
    if (seq === undefined) return;
    track.newestSeq = seq;
    this.#inFlight.add(seq, bytes, nowMs, track.id);
  }

  /** @returns whether it tells of frames that were not known to have arrived */
  acknowledge(rendition: string, seq: number, nowMs: number): boolean {
    this.#acks = true;
    const newest = this.#tracks.get(rendition);
    // Were those of the numbering before not heard, what is on the way would look late for ever.
    const track = newest !== undefined && seq > newest.newestSeq ? newest.before : newest;
    if (track === undefined || seq > track.newestSeq) return false;
    const handedOverMs = this.#inFlight.handedOverMs(seq, track.id);
    const bytesBefore = this.#inFlight.bytes;
    const count = this.#inFlight.acknowledge(seq, track.id);
    if (handedOverMs !== undefined) {
      this.#deliveryMs = nowMs - handedOverMs;
      this.#link.acknowledged(nowMs - handedOverMs, bytesBefore - this.#inFlight.bytes, nowMs);
    }
    return count > 0;
  }

  /**
   * What is on the way. The same object each time: read it before the next call.
   *
   * @param bufferedBytes what the socket still holds
   */
  backlog(bufferedBytes: number, nowMs: number): Backlog {
    if (bufferedBytes === 0) this.#emptyMs = nowMs;
    const counts = this.#acks && this.#countsSent;
    this.#backlog.bytes = counts ? Math.max(bufferedBytes, this.#inFlight.bytes) : bufferedBytes;
    this.#backlog.ageMs = counts
      ? Math.max(0, this.#inFlight.ageMs(nowMs) - this.#baseDelayMs, this.#arrivesInMs(nowMs))
      : nowMs - (this.#emptyMs ?? nowMs);
    return this.#backlog;
  }

  /** A probe showed so much to get through. */
  measured(kbps: number): void {
    this.#link.measured(kbps);
  }

  /** The viewer paused: what it had is of no interest any more, acks of it may never come. */
  forget(): void {
    this.#inFlight.clear();
    this.#tracks.clear();
    this.#acks = false;
    this.#emptyMs = undefined;
  }

  /**
   * What a frame would wait for on a link known to be slow: half a second of a stream is two of a
   * link that carries a fourth of it, before the oldest frame is late at all.
   */
  #arrivesInMs(nowMs: number): number {
    return this.#inFlight.bytes * 8 / this.#link.bottleneckKbps(nowMs);
  }

  get #baseDelayMs(): number {
    return Math.min(this.#link.baseDelayMs, this.#maxBaseDelayMs);
  }
}
