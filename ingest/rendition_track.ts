import { codecOf, type Frame, GopCache, type RenditionInfo } from "@porthole/protocol";
import { JoinCost } from "./join_cost.ts";
import { CacheBudget, type CacheHolder } from "./limits/cache_budget.ts";
import { Numbering } from "./numbering.ts";
import type { OutboundFrame } from "./outbound_frame.ts";
import { RateMeter } from "./rate_meter.ts";
import { UplinkDelay } from "./uplink_delay.ts";

/** Whoever gets the frames of a rendition: a WebSocket viewer, an MJPEG response, a snapshot. */
export interface Watcher {
  /** Called for each frame, in order, with bytes that all watchers share. Must not throw. */
  deliver(frame: OutboundFrame, nowMs: number): void;
  /** A whole GOP, for a watcher that has nothing yet: decode all, show the last. */
  catchUp(gop: readonly OutboundFrame[], nowMs: number): void;
  /** The beginning of a GOP that came and that nobody is to see: its publisher gave up the rest. */
  givenUp(gop: readonly OutboundFrame[]): void;
  /** Another publisher took over: what comes next starts anew, with a keyframe. */
  sourceRestarted(): void;
}

/** What is known of the newest frame, without the frame: that one is kept by the GOP alone. */
type Shape = Pick<RenditionInfo, "codec" | "width" | "height">;

const NONE: readonly OutboundFrame[] = [];

/** One rendition of a stream: its GOP, its measure, and who watches it. */
export class RenditionTrack implements CacheHolder {
  readonly #watchers = new Set<Watcher>();
  readonly #budget: CacheBudget;
  readonly #gop = new GopCache<OutboundFrame>();
  #rate = new RateMeter();
  #uplink = new UplinkDelay();
  #joinCost = new JoinCost();
  #shape: Shape | undefined;
  #lastMs: number | undefined;
  #intervalMs: number | undefined;
  /** As the watchers see it, whoever publishes. */
  readonly #numbering = new Numbering();
  #replayUntilSeq: number | undefined;
  /** What has come of the replay, as long as it is kept; grows as frames come. */
  #replayed = NONE;

  constructor(readonly name: string, budget: CacheBudget = new CacheBudget()) {
    this.#budget = budget;
  }

  get cachedBytes(): number {
    return this.#gop.bytes;
  }

  /** When the last frame came, on ingest's clock. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  /** Between the last two frames, ms. */
  get intervalMs(): number | undefined {
    return this.#intervalMs;
  }

  get hasFrames(): boolean {
    return this.#shape !== undefined;
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** How long frames take from the publisher to here, ms; `undefined` before there was one. */
  uplinkMs(clockOffsetMs: number): number | undefined {
    return this.#uplink.medianMs(clockOffsetMs);
  }

  /** Whether its keyframes are so far apart that who joins waits for its decoder. */
  isDearToJoin(nowMs: number): boolean {
    return this.#joinCost.isHigh(nowMs);
  }

  /** Frames up to `untilSeq` come at once, to fill the cache: no viewer is to see them run by. */
  expectReplay(untilSeq: number): void {
    this.#endReplay();
    this.#replayUntilSeq = untilSeq;
  }

  /**
   * The hot path: one call a frame, one `deliver` a watcher.
   *
   * @returns by how much it carries the numbers of the rendition on ({@link Numbering})
   */
  publish(encoded: OutboundFrame, nowMs: number): number {
    const { frame } = encoded;
    const cachedBytes = this.#gop.bytes;
    this.#gop.add(encoded);
    this.#joinCost.count(encoded.isKey);
    this.#budget.changed(this, cachedBytes, this.#gop.bytes);
    if (encoded.isKey || this.#shape === undefined) this.#shape = shapeOf(frame);
    if (this.#lastMs !== undefined) this.#intervalMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (this.#replayUntilSeq === undefined) {
      this.#rate.count(encoded.bytes.byteLength, nowMs);
      this.#uplink.add(frame.timestamp, nowMs);
      for (const watcher of this.#watchers) watcher.deliver(encoded, nowMs);
    } else this.#publishReplayed(encoded, this.#replayUntilSeq, nowMs);
    return this.#numbering.advance(frame);
  }

  /** The current GOP; empty when there is no whole one, or it is still coming. */
  get gop(): readonly OutboundFrame[] {
    return this.#replayUntilSeq === undefined ? this.#gop.frames : [];
  }

  /** Joins a watcher: with the current GOP at once if it is whole, else at the next keyframe. */
  add(watcher: Watcher, nowMs: number): void {
    this.#watchers.add(watcher);
    if (this.gop.length > 0) watcher.catchUp(this.gop, nowMs);
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#replayed.length > 0) watcher.givenUp(this.#replayed);
  }

  /** Forgets the publisher before; the watchers stay. */
  restart(): void {
    this.forgetPictures();
    this.#lastMs = undefined;
    this.#intervalMs = undefined;
    this.#rate = new RateMeter();
    this.#uplink = new UplinkDelay();
    this.#joinCost = new JoinCost();
    for (const watcher of this.#watchers) watcher.sourceRestarted();
  }

  /** Nobody who joins is to see what is cached; when it came is still known. */
  forgetPictures(): void {
    this.#endReplay();
    this.giveUpCache();
    this.#shape = undefined;
  }

  giveUpCache(): void {
    const cachedBytes = this.#gop.bytes;
    this.#gop.clear();
    this.#budget.changed(this, cachedBytes, 0);
  }

  info(nowMs: number): RenditionInfo | undefined {
    if (this.#shape === undefined) return undefined;
    return {
      name: this.name,
      ...this.#shape,
      fps: Math.round(this.#rate.fps(nowMs) * 10) / 10,
      kbps: Math.round(this.#rate.kbps(nowMs)),
    };
  }

  #publishReplayed(encoded: OutboundFrame, untilSeq: number, nowMs: number): void {
    const before = this.#replayed;
    const gop = this.#gop.frames;
    if (gop !== before) {
      // Another one has begun, or it is more than is kept.
      this.#giveUpReplayed();
      this.#replayed = gop;
    }
    if (gop.length === 0 && before.at(-1) !== encoded) {
      for (const watcher of this.#watchers) watcher.deliver(encoded, nowMs);
    }
    if ((encoded.frame.seq ?? Infinity) < untilSeq) return;
    this.#replayUntilSeq = undefined;
    this.#replayed = NONE;
    if (gop.length > 0) { for (const watcher of this.#watchers) watcher.catchUp(gop, nowMs); }
  }

  #endReplay(): void {
    this.#giveUpReplayed();
    this.#replayUntilSeq = undefined;
  }

  #giveUpReplayed(): void {
    const replayed = this.#replayed;
    this.#replayed = NONE;
    if (replayed.length > 0) { for (const watcher of this.#watchers) watcher.givenUp(replayed); }
  }
}

function shapeOf(frame: Frame): Shape {
  return { codec: codecOf(frame), width: frame.width, height: frame.height };
}
