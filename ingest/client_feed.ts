import type { Buffer } from "node:buffer";
import { DropPolicy, type Lagged, MAX_GOP_BYTES, type Replay } from "@porthole/protocol";
import type { ClientQueue, SentTrack } from "./client_queue.ts";
import type { Discards } from "./discards.ts";
import { FrameAccount } from "./frame_account.ts";
import type { LinkPace } from "./link_pace.ts";
import type { DiscardCause, Metrics } from "./metrics.ts";
import type { OutboundFrame } from "./outbound_frame.ts";
import { Pace } from "./pace.ts";
import type { Hub, Watching } from "./hub.ts";
import type { Watcher } from "./rendition_track.ts";

/** What a feed uses of a viewer's socket. */
export interface FrameSocket {
  readonly isOpen: boolean;
  readonly bufferedBytes: number;
  sendFramed(framed: Buffer<ArrayBuffer>): void;
  /** The same, so that it is seen to get on. */
  sendWithMilestones(framed: Buffer<ArrayBuffer>): void;
}

/** What one viewer has had so far. */
export interface ClientTotals {
  framesSent: number;
  bytesSent: number;
  framesDiscarded: number;
}

export interface ClientFeedOptions {
  readonly hub: Hub;
  readonly rendition: string;
  readonly socket: FrameSocket;
  readonly queue: ClientQueue;
  readonly pace: LinkPace;
  readonly totals: ClientTotals;
  /** Of all the viewer's renditions. */
  readonly discards: Discards;
  readonly metrics: Metrics;
  readonly maxAgeMs: number;
  /** The largest GOP that may be sent at once. */
  readonly catchUpBytes: (nowMs: number) => number;
  readonly say: (message: Replay | Lagged) => void;
  /** The first frame is about to be handed over. */
  readonly onBegin: () => void;
  /** It did not get to the end of what it began with: nothing of that shows. */
  readonly onBrokenOff: (nowMs: number) => void;
}

interface Replaying {
  /** The current GOP; grows as frames come. */
  readonly frames: readonly OutboundFrame[];
  readonly sinceMs: number;
  /** So many of them, from the first on, the viewer has already. */
  readonly had: number;
  next: number;
}

/** JPEGs need no others: more than these few on the way would only be later. */
const MAX_JPEG_AGE_MS = 150;
/** A GOP goes out as fast as the socket takes it, never all of it into the socket's memory. */
const REPLAY_WINDOW_BYTES = 256 * 1024;

/**
 * One rendition on its way to one viewer: which of its frames are handed over, and when.
 *
 * What is handed over starts with a keyframe and has no gap inside a GOP. A viewer over its bounds
 * loses everything up to the next keyframe, or up to the present by the cached GOP once its link is
 * empty again; of JPEGs it gets the newest when there is room.
 */
export class ClientFeed implements Watcher, Disposable {
  readonly #options: ClientFeedOptions;
  readonly #policy: DropPolicy;
  readonly #jpegPolicy: DropPolicy;
  readonly #pace = new Pace();
  readonly #account: FrameAccount;
  #watching: Watching | undefined;
  #track: SentTrack;
  #replay: Replaying | undefined;
  /** The newest JPEG there was no room for, and when it came. */
  #held: OutboundFrame | undefined;
  #heldSinceMs = 0;
  #hasBegun = false;
  /** The viewer gets it and no other: what is not sent is lost to it. */
  #isCounting = false;
  /** A replay began and has not come to its end, the first picture that shows. */
  #isUnseen = false;
  /** It lost part of a GOP and waits for the next. */
  #isBehind = false;

  constructor(options: ClientFeedOptions) {
    const { rendition, queue, maxAgeMs } = options;
    this.#options = options;
    this.#policy = new DropPolicy({ maxBytes: MAX_GOP_BYTES, maxAgeMs });
    const maxJpegAgeMs = Math.min(maxAgeMs, MAX_JPEG_AGE_MS);
    this.#jpegPolicy = new DropPolicy({ maxBytes: MAX_GOP_BYTES, maxAgeMs: maxJpegAgeMs });
    this.#account = new FrameAccount((count, cause) => options.discards.lost(count, cause));
    this.#track = queue.begin(rendition);
  }

  /** Begins with the cached GOP at once, or with the next keyframe. Call once. */
  start(nowMs: number): void {
    const { hub, rendition } = this.#options;
    this.#watching = hub.watch(rendition, this, nowMs);
  }

  get rendition(): string {
    return this.#options.rendition;
  }

  /** Of JPEGs, at most so many a second; 0 for all. */
  set maxFps(maxFps: number) {
    this.#pace.maxFps = maxFps;
  }

  /** The hot path: once a frame a viewer. */
  deliver(frame: OutboundFrame, nowMs: number): void {
    if (this.#replay !== undefined && this.#continuesReplay(this.#replay, frame, nowMs)) return;
    const { socket, queue, discards } = this.#options;
    if (!socket.isOpen) return;
    if (frame.isJpeg) return this.#deliverJpeg(frame, nowMs);
    if (this.#policy.admit(frame.isKey, queue.backlog(socket.bufferedBytes, nowMs))) {
      this.#isUnseen = false;
      this.#handOver(frame, nowMs);
    } else if (this.#isCounting) {
      this.#isBehind = this.#hasBegun;
      if (this.#hasBegun) discards.refused++;
      this.#account.refused(frame);
      if (this.#isUnseen) this.#breakOff(nowMs);
    }
  }

  catchUp(gop: readonly OutboundFrame[], nowMs: number): void {
    const { socket, catchUpBytes, say } = this.#options;
    const newest = gop.at(-1);
    if (newest === undefined || !socket.isOpen) return;
    this.#giveUpReplay();
    if (this.#account.isAt(newest)) return this.#goOn();
    // Resuming over and over must not fill it.
    const hasRoom = socket.bufferedBytes <= REPLAY_WINDOW_BYTES;
    if (!hasRoom || bytesOf(gop) > catchUpBytes(nowMs)) return this.#withhold(gop);
    const had = this.#account.sending(gop);
    if (gop.length === 1) return this.deliver(newest, nowMs);
    this.#begin();
    this.#policy.begin();
    const untilSeq = newest.frame.seq;
    if (untilSeq !== undefined) say({ type: "replay", rendition: this.rendition, untilSeq });
    this.#isUnseen = true;
    this.#replay = { frames: gop, sinceMs: nowMs, had, next: 0 };
    this.#pump(this.#replay, nowMs);
  }

  givenUp(gop: readonly OutboundFrame[]): void {
    this.#giveUpReplay();
    this.#withhold(gop);
  }

  /**
   * As before its first frame: it begins with the next keyframe. What comes until then is lost to the
   * viewer, unless that gets something else: {@link leave}.
   */
  beginAgain(): void {
    this.#giveUpReplay();
    this.#policy.restart();
    this.#hasBegun = false;
    this.#isBehind = false;
  }

  /** The viewer gets another rendition now: what this one owes it is lost, what comes is not. */
  leave(): void {
    this.#account.settle();
    this.#isCounting = false;
  }

  sourceRestarted(): void {
    this.#track = this.#options.queue.begin(this.rendition);
    this.#policy.restart();
    this.#giveUpReplay();
    this.#discardHeld("outdated");
  }

  /** Hands nothing more over up to a keyframe, or until the link is empty. */
  retreat(): void {
    if (!this.#hasBegun) return;
    this.#giveUpReplay();
    this.#policy.restart();
    this.#isBehind = true;
  }

  /** Acks came or the socket drained: what waited for room may go. */
  roomMade(nowMs: number): void {
    const { socket, queue, maxAgeMs } = this.#options;
    if (this.#replay !== undefined) return this.#pump(this.#replay, nowMs);
    const held = this.#held;
    if (held !== undefined) {
      if (nowMs - this.#heldSinceMs > maxAgeMs) return this.#discardHeld("outdated");
      this.#held = undefined;
      return this.#deliverJpeg(held, nowMs);
    }
    if (!this.#isBehind) return;
    // Behind by a part of a GOP: with an empty link the cache is quicker than the next keyframe.
    if (queue.backlog(socket.bufferedBytes, nowMs).bytes === 0) {
      this.catchUp(this.#watching?.gop() ?? [], nowMs);
    }
  }

  /** What it still owes the viewer is lost. */
  [Symbol.dispose](): void {
    this.#watching?.[Symbol.dispose]();
    this.#giveUpReplay();
    this.#discardHeld("outdated");
    this.#account.settle();
  }

  #deliverJpeg(frame: OutboundFrame, nowMs: number): void {
    const { socket, queue } = this.#options;
    this.#discardHeld("replaced");
    this.#account.settle();
    if (!this.#pace.admits(nowMs)) return;
    if (this.#jpegPolicy.admit(true, queue.backlog(socket.bufferedBytes, nowMs))) {
      this.#pace.passed(nowMs);
      return this.#handOver(frame, nowMs);
    }
    this.#held = frame;
    this.#heldSinceMs = nowMs;
  }

  /** Whether the replay takes care of the frame, which the cache has already. */
  #continuesReplay(replay: Replaying, frame: OutboundFrame, nowMs: number): boolean {
    const isPartOfIt = replay.frames.at(-1) === frame;
    if (isPartOfIt && !frame.isKey && nowMs - replay.sinceMs <= this.#options.maxAgeMs) {
      this.#pump(replay, nowMs);
      return true;
    }
    // The link does not keep up with it, or the GOP is over, or outgrew the cache.
    this.#giveUpReplay(isPartOfIt ? 1 : 0);
    this.#policy.restart();
    return false;
  }

  /** @param but so many of its last frames, which are dealt with elsewhere */
  #giveUpReplay(but = 0): void {
    const replay = this.#replay;
    if (replay === undefined) return;
    this.#replay = undefined;
    const { frames, next, had } = replay;
    this.#account.givenUp(frames, Math.max(next, had), frames.length - but);
  }

  #withhold(gop: readonly OutboundFrame[]): void {
    this.#policy.restart();
    // Who has had nothing yet loses nothing.
    if (!this.#isCounting) return;
    this.#isBehind = this.#hasBegun;
    this.#account.withheld(gop);
  }

  /** It lacks nothing: what comes next follows what it has. */
  #goOn(): void {
    this.#policy.begin();
    this.#isBehind = false;
  }

  #pump(replay: Replaying, nowMs: number): void {
    const { socket } = this.#options;
    while (socket.bufferedBytes <= REPLAY_WINDOW_BYTES) {
      const frame = replay.frames[replay.next];
      if (frame === undefined) break;
      this.#handOver(frame, nowMs, replay.next++ < replay.had);
    }
    if (replay.next < replay.frames.length) return;
    this.#replay = undefined;
    this.#isUnseen = false;
  }

  /** @param isAgain whether the viewer has had it already */
  #handOver(frame: OutboundFrame, nowMs: number, isAgain = false): void {
    const { socket, queue, pace, totals, discards, metrics, say } = this.#options;
    if (!this.#hasBegun) this.#begin();
    this.#isBehind = false;
    if (!isAgain) this.#account.handedOver(frame);
    const discarded = discards.takeUntold();
    if (discarded > 0) say({ type: "lagged", discarded });
    const { seq } = frame.frame;
    const { byteLength } = frame.framed;
    // A publisher that counts anew: no ack will ever reach up to the old numbers.
    if (seq !== undefined && seq <= this.#track.newestSeq) {
      this.#track = queue.begin(this.rendition);
    }
    if (pace.needsMilestones(byteLength, queue.goodputKbps)) {
      socket.sendWithMilestones(frame.framed);
      pace.sent(byteLength, nowMs);
    } else socket.sendFramed(frame.framed);
    queue.handedOver(this.#track, seq, byteLength, nowMs);
    totals.framesSent++;
    totals.bytesSent += byteLength;
    metrics.framesSent++;
    metrics.bytesSent += byteLength;
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#isCounting = true;
    this.#options.onBegin();
  }

  #breakOff(nowMs: number): void {
    this.#isUnseen = false;
    this.#options.onBrokenOff(nowMs);
  }

  /** A newer one is there, or it has waited for too long, or nobody waits for it any more. */
  #discardHeld(cause: DiscardCause): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#options.discards.refused++;
    // Who has had nothing yet begins with what there is room for.
    if (this.#isCounting) this.#account.refused(held, cause);
  }
}

function bytesOf(gop: readonly OutboundFrame[]): number {
  return gop.reduce((sum, { framed }) => sum + framed.byteLength, 0);
}
