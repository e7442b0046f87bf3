import { epochNowMs, MAX_GOP_BYTES } from "@porthole/protocol";
import { ClientFeed, type ClientFeedOptions } from "./client_feed.ts";

/** How a feed begins and ends, which is another matter for each. */
type FeedEvents = "catchUpBytes" | "onBegin" | "onBrokenOff";

export interface ViewerFeedsOptions extends Omit<ClientFeedOptions, "rendition" | FeedEvents> {
  /** The first frame of a rendition is about to be handed over, or that of its preview. */
  readonly onBegin: (rendition: string) => void;
  /** The viewer may be told what it gets. */
  readonly onChange: () => void;
}

/** A viewer that pauses and resumes at will does not get the whole GOP each time. */
const WHOLE_GOP_EVERY_MS = 2_000;
/** A GOP for a viewer that is playing already may take so long on its link. */
const CATCH_UP_MS = 250;
/** On a link that is not known yet. */
const CATCH_UP_BYTES = 256 * 1024;
/**
 * A preview has the link and the viewer for itself for so long: a page that takes in a GOP of some
 * MB at the same time shows it 40 ms later at the median.
 */
const PREVIEW_ALONE_MS = 50;

/**
 * The renditions on their way to one viewer: the one it gets, the one that takes over from that, and
 * what shows until there is anything else.
 */
export class ViewerFeeds {
  readonly #options: ViewerFeedsOptions;
  /** What it gets. */
  #feed: ClientFeed | undefined;
  /** What takes over from `#feed` with its first frame. */
  #next: ClientFeed | undefined;
  #nextSinceMs = 0;
  #nextStart: ReturnType<typeof setTimeout> | undefined;
  /** `#feed`, where that is there only for something to be seen until `#next` begins. */
  #preview: ClientFeed | undefined;
  #wholeGopMs = -Infinity;

  constructor(options: ViewerFeedsOptions) {
    this.#options = options;
  }

  /** What the viewer gets, if anything. */
  get rendition(): string | undefined {
    return this.#feed?.rendition;
  }

  /** What is to take over, or to begin. */
  get nextRendition(): string | undefined {
    return this.#next?.rendition;
  }

  /** How long that has been waited for, ms. */
  nextWaitsMs(nowMs: number): number {
    return nowMs - this.#nextSinceMs;
  }

  /** Something is on its way, or to come. */
  get isPlaying(): boolean {
    return this.#feed !== undefined || this.#next !== undefined;
  }

  /** The viewer gets one rendition while another is to take over. */
  get isTakingOver(): boolean {
    return this.#feed !== undefined && this.#next !== undefined;
  }

  /** Of JPEGs, at most so many a second; 0 for all. */
  set maxFps(maxFps: number) {
    if (this.#feed !== undefined) this.#feed.maxFps = maxFps;
  }

  /** Acks came or the socket drained. */
  roomMade(nowMs: number): void {
    this.#feed?.roomMade(nowMs);
  }

  /** Hands nothing more over up to a keyframe, or until the link is empty. */
  retreat(): void {
    this.#feed?.retreat();
  }

  /** Goes over to a rendition with its first frame, or stays. */
  play(rendition: string, nowMs: number): void {
    if (rendition === this.#next?.rendition) return;
    this.#stopNext();
    if (rendition === this.#feed?.rendition) {
      this.#preview = undefined;
      return;
    }
    const feed: ClientFeed = this.#newFeed(rendition, {
      catchUpBytes: (atMs) => this.#catchUpBytes(atMs),
      onBegin: () => this.#takeOver(feed),
      onBrokenOff: (atMs) => this.#fallBack(feed, atMs),
    });
    this.#next = feed;
    this.#nextSinceMs = nowMs;
    if (this.#feed === undefined) this.#options.onChange();
    this.showPreview(nowMs);
    if (this.#preview === undefined) return feed.start(nowMs);
    this.#nextStart = setTimeout(() => feed.start(epochNowMs()), PREVIEW_ALONE_MS);
  }

  /**
   * Who has nothing yet is shown what another rendition has cached while it decodes the long GOP of
   * its own, or waits for a keyframe. It is not told of another quality: that is what it gets.
   */
  showPreview(nowMs: number): void {
    if (this.#feed !== undefined || this.#next === undefined) return;
    const rendition = this.#options.hub.previewOf(this.#next.rendition);
    if (rendition === undefined) return;
    const feed = this.#newFeed(rendition, {
      catchUpBytes: () => CATCH_UP_BYTES,
      onBegin: () => this.#next?.leave(),
      onBrokenOff() {},
    });
    this.#preview = feed;
    this.#feed = feed;
    feed.start(nowMs);
  }

  #newFeed(
    rendition: string,
    how: Pick<ClientFeedOptions, FeedEvents>,
  ): ClientFeed {
    return new ClientFeed({
      ...this.#options,
      ...how,
      onBegin: () => {
        this.#options.onBegin(rendition);
        how.onBegin();
      },
      rendition,
    });
  }

  #takeOver(feed: ClientFeed): void {
    this.#feed?.[Symbol.dispose]();
    this.#feed = feed;
    this.#next = undefined;
    this.#preview = undefined;
    this.#options.onChange();
  }

  /**
   * The link did not keep up with the GOP that was to take over, or that outgrew the cache: what the
   * viewer last saw would stand still until a keyframe, which may be long in coming.
   */
  #fallBack(feed: ClientFeed, nowMs: number): void {
    if (feed !== this.#feed || this.#next !== undefined) return;
    if (this.#options.hub.previewOf(feed.rendition) === undefined) return;
    feed.beginAgain();
    this.#feed = undefined;
    this.#next = feed;
    this.#nextSinceMs = nowMs;
    this.showPreview(nowMs);
  }

  /** As before the first: another may be played. Twice is fine. */
  stop(): void {
    this.#feed?.[Symbol.dispose]();
    this.#feed = undefined;
    this.#preview = undefined;
    this.#stopNext();
  }

  #stopNext(): void {
    clearTimeout(this.#nextStart);
    this.#next?.[Symbol.dispose]();
    this.#next = undefined;
  }

  /** Who has nothing yet gets the whole GOP; who plays waits for a keyframe rather than fall behind. */
  #catchUpBytes(nowMs: number): number {
    const hasNothing = this.#feed === this.#preview;
    if (hasNothing && nowMs - this.#wholeGopMs >= WHOLE_GOP_EVERY_MS) {
      this.#wholeGopMs = nowMs;
      return MAX_GOP_BYTES;
    }
    const kbps = this.#options.queue.goodputKbps;
    return kbps === undefined ? CATCH_UP_BYTES : kbps / 8 * CATCH_UP_MS;
  }
}
