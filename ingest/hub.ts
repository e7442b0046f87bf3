import {
  epochNowMs,
  isJpeg,
  JPEG_RENDITION,
  LOW_RENDITION,
  MAIN_RENDITION,
  ProtocolError,
  renditionOf,
  SOURCE_RENDITION,
  type StreamInfo,
  type StreamMessage,
} from "@porthole/protocol";
import { Demand } from "./demand.ts";
import { showsSooner } from "./join_cost.ts";
import { CacheBudget } from "./limits/cache_budget.ts";
import { PublishRate } from "./limits/publish_rate.ts";
import type { OutboundFrame } from "./outbound_frame.ts";
import type { Publisher } from "./publisher.ts";
import type { RenditionOption } from "./rendition_ladder.ts";
import { optionsOf } from "./rendition_options.ts";
import type { Watcher } from "./rendition_track.ts";
import { RenditionTracks } from "./rendition_tracks.ts";
import { StreamAccount } from "./stream_account.ts";
import { StreamDemand } from "./stream_demand.ts";
import { type StateWithCause, streamStateOf } from "./stream_state.ts";

/** Whoever wants to know how a stream is, besides its frames. */
export interface StreamObserver {
  /** State, renditions or clock changed. */
  streamChanged(message: StreamMessage): void;
  /** Frames of a rendition came for the first time, or offers changed: choose again. */
  renditionsChanged(nowMs: number): void;
}

/** Somebody's watching of a rendition, until it is disposed of. */
export interface Watching extends Disposable {
  /** The current GOP, as far as it has come; empty when there is no whole one. */
  gop(): readonly OutboundFrame[];
}

/** What a hub is given by who has many of them. */
export interface HubOptions {
  readonly demand?: Demand;
  /** Of all hubs together. */
  readonly cache?: CacheBudget;
  readonly rate?: PublishRate;
  readonly account?: StreamAccount;
}

const UNLIMITED = { maxKbps: Infinity, maxFps: Infinity };
/** A clock that has moved less is not worth a message, ms. */
const CLOCK_STEP_MS = 1;
/** What is measured of renditions is good for so long, to choose by. */
const OPTIONS_FOR_MS = 1_000;
/** Single posts hold a stream for so long after the last one. */
const POSTS_HOLD_MS = 3_000;

/** One stream: who publishes it, its renditions, and everyone who watches. */
export class Hub implements Disposable {
  readonly #tracks: RenditionTracks;
  readonly #observers = new Set<StreamObserver>();
  readonly #demand: Demand;
  readonly #wanted: StreamDemand;
  /** What may be published here. */
  readonly rate: PublishRate;
  readonly account: StreamAccount;
  #publisher: Publisher | undefined;
  /** What the publisher that is gone called the camera. */
  #nameBefore: string | undefined;
  /** What the publisher offered last. */
  #offers = "";
  #source: "none" | "live" | "posts" = "none";
  #lastPostMs: number | undefined;
  /** Viewers are about to change what they watch: what is wanted is seen when they all have. */
  #isChoosing = false;
  #options: readonly RenditionOption[] = [];
  #optionsMs = -Infinity;
  #announced: StateWithCause & { clockOffsetMs: number; name: string | undefined } = {
    state: "offline",
    cause: "",
    clockOffsetMs: 0,
    name: undefined,
  };

  constructor(readonly id: string, options: HubOptions = {}) {
    this.#demand = options.demand ?? new Demand();
    this.#tracks = new RenditionTracks(options.cache ?? new CacheBudget());
    this.#wanted = new StreamDemand(this.#demand, this.#tracks);
    this.rate = options.rate ?? new PublishRate(UNLIMITED);
    this.account = options.account ?? new StreamAccount();
  }

  /** Whether it has or had a publisher that is worth showing. */
  get isKnown(): boolean {
    return this.#publisher !== undefined || this.running.size > 0;
  }

  /** When the newest picture of a rendition came, if there is one. */
  newestMs(rendition: string): number | undefined {
    const track = this.#tracks.get(rendition);
    return track?.hasFrames ? track.lastMs : undefined;
  }

  /** How long frames of a rendition take from the publisher to here, ms, by ingest's clock. */
  uplinkMs(rendition: string): number | undefined {
    return this.#tracks.get(rendition)?.uplinkMs(this.#publisher?.clockOffsetMs ?? 0);
  }

  /** There and back to the publisher, ms; of a live one that came to this worker. */
  get roundTripMs(): number | undefined {
    return this.#publisher?.roundTripMs;
  }

  /** Renditions that frames have come of. */
  get running(): ReadonlySet<string> {
    return this.#tracks.running;
  }

  /** Renditions that can be had by asking. */
  get offered(): ReadonlySet<string> {
    return new Set(this.#publisher?.offers ?? []);
  }

  /** Nobody publishes, nobody watches, nothing to show: the hub can go. */
  isIdle(nowMs: number): boolean {
    return this.#publisher === undefined && this.#observers.size === 0 && this.#demand.isIdle &&
      this.state(nowMs).state === "offline";
  }

  /** Whether a live publish holds the stream. */
  isPublished(nowMs: number): boolean {
    return this.#publisher !== undefined && !this.#publisher.isGone(nowMs);
  }

  /** Whether single posts hold the stream. */
  isPosted(nowMs: number): boolean {
    return this.#lastPostMs !== undefined && nowMs - this.#lastPostMs < POSTS_HOLD_MS;
  }

  /** Takes a live publish in place of a gone one; what was cached of that one leads nowhere. */
  attach(publisher: Publisher, nowMs: number): void {
    this.#startOver();
    this.#source = "live";
    this.#publisher = publisher;
    this.#offers = publisher.offers.join();
    this.tick(nowMs);
  }

  detach(publisher: Publisher, nowMs: number): void {
    if (this.#publisher !== publisher) return;
    this.#publisher = undefined;
    this.#nameBefore = publisher.name;
    this.tick(nowMs);
  }

  /** The publisher's hello, status or clock changed. */
  publisherChanged(nowMs: number): void {
    const offers = this.#publisher?.offers.join() ?? "";
    const isOtherSource = offers !== this.#offers;
    this.#offers = offers;
    this.#optionsMs = -Infinity;
    if (isOtherSource) this.#beginOtherSource(nowMs);
    else this.#haveChosenAgain(nowMs);
    this.tick(nowMs);
  }

  /**
   * A frame of a live publish.
   *
   * @returns by how much it carries the numbers of its rendition on: 1; more behind frames that its
   * publisher discarded; 0 for one that is sent again
   * @throws {ProtocolError} `invalid_frame` for one rendition too many, or for one named `jpeg` that
   * is not: the plainest viewers and snapshots get that one unasked
   */
  publish(encoded: OutboundFrame, nowMs: number): number {
    const rendition = renditionOf(encoded.frame);
    if (rendition === JPEG_RENDITION && !isJpeg(encoded.frame)) {
      throw new ProtocolError("invalid_frame", `rendition "${JPEG_RENDITION}" is of JPEG alone`);
    }
    const track = this.#tracks.published(rendition);
    const isFirst = !track.hasFrames;
    const step = track.publish(encoded, nowMs);
    if (isFirst) this.#firstFrame(nowMs);
    return step;
  }

  /**
   * A frame by a request of its own; takes the place of a live publish that is gone.
   *
   * @throws {ProtocolError} as `publish` does
   */
  post(encoded: OutboundFrame, nowMs: number): void {
    if (this.#source !== "posts") this.#startOver();
    this.#source = "posts";
    this.#lastPostMs = nowMs;
    this.publish(encoded, nowMs);
  }

  /** @throws {ProtocolError} `invalid_frame` for one rendition too many */
  expectReplay(rendition: string, untilSeq: number): void {
    this.#tracks.published(rendition).expectReplay(untilSeq);
  }

  /** Sends `watcher` the frames of a rendition, and has it made, until the result is disposed of. */
  watch(rendition: string, watcher: Watcher, nowMs: number): Watching {
    this.#wanted.forgetUnwanted(this.offered, nowMs);
    const track = this.#tracks.open(rendition);
    this.#demand.hold(rendition);
    this.#updateDemand(nowMs);
    track.add(watcher, nowMs);
    let isWatching = true;
    return {
      gop: () => this.#tracks.get(rendition)?.gop ?? [],
      [Symbol.dispose]: () => {
        if (!isWatching) return;
        isWatching = false;
        track.remove(watcher);
        this.#tracks.left(track);
        this.#demand.release(rendition, epochNowMs());
      },
    };
  }

  /** What shows a picture sooner than `rendition` does to who has none; `undefined` for nothing. */
  previewOf(rendition: string): string | undefined {
    if (rendition !== MAIN_RENDITION && rendition !== SOURCE_RENDITION) return undefined;
    const [wanted, low] = [this.#tracks.get(rendition), this.#tracks.get(LOW_RENDITION)];
    if (wanted === undefined || low === undefined) return undefined;
    return showsSooner(low, wanted) ? LOW_RENDITION : undefined;
  }

  /** What is watched on another worker, all of it, in the place of what was before. */
  holdFor(worker: number, renditions: readonly string[], nowMs: number): void {
    this.#wanted.forgetUnwanted(this.offered, nowMs);
    this.#demand.holdFor(worker, renditions);
    this.#updateDemand(nowMs);
  }

  observe(observer: StreamObserver): Disposable {
    this.#observers.add(observer);
    return { [Symbol.dispose]: () => void this.#observers.delete(observer) };
  }

  state(nowMs: number): StateWithCause {
    return streamStateOf({
      camera: this.#publisher?.camera,
      hasPublisher: this.#publisher !== undefined,
      lastFrameMs: this.#tracks.lastFrameMs,
      intervalMs: this.#tracks.shortestIntervalMs,
    }, nowMs);
  }

  info(nowMs: number): StreamInfo {
    const name = this.#name;
    return {
      id: this.id,
      ...(name === undefined ? {} : { name }),
      renditions: this.#tracks.infos(nowMs),
      selectable: this.options(nowMs).map(({ name }) => name),
      clockOffsetMs: this.#publisher?.clockOffsetMs ?? 0,
    };
  }

  /** What a viewer may be given. The same list for as long as it holds, whoever asks how often. */
  options(nowMs: number): readonly RenditionOption[] {
    if (nowMs - this.#optionsMs < OPTIONS_FOR_MS) return this.#options;
    this.#optionsMs = nowMs;
    return this.#options = optionsOf({
      running: this.#tracks.infos(nowMs),
      offered: this.offered,
      isOnStandby: this.state(nowMs).standby === true,
    });
  }

  message(nowMs: number): StreamMessage {
    const state = this.state(nowMs);
    const lastFrameMs = state.state === "live" ? undefined : this.#tracks.lastFrameMs;
    const quiet = lastFrameMs === undefined ? {} : { quietMs: nowMs - lastFrameMs };
    return { type: "stream", info: this.info(nowMs), ...state, ...quiet };
  }

  /** What passes with time alone: states that go stale, demand that lingers out. */
  tick(nowMs: number): void {
    this.#updateDemand(nowMs);
    this.#wanted.forgetUnwanted(this.offered, nowMs);
    const { state, cause } = this.state(nowMs);
    const clockOffsetMs = this.#publisher?.clockOffsetMs ?? 0;
    const before = this.#announced;
    const isKnown = state === before.state && cause === before.cause &&
      this.#name === before.name &&
      Math.abs(clockOffsetMs - before.clockOffsetMs) < CLOCK_STEP_MS;
    if (isKnown) return;
    if (state === "offline" && this.#publisher === undefined) this.#forgetPictures();
    this.#announce(nowMs);
  }

  /** Gives back the memory of its pictures; nobody uses it any more. */
  [Symbol.dispose](): void {
    this.#forgetPictures();
    this.account[Symbol.dispose]();
  }

  /** Ends the live publish, if there is one. */
  close(code: string, reason: string): void {
    this.#publisher?.close(code, reason);
  }

  /** A camera is called the same when its publisher is gone. */
  get #name(): string | undefined {
    return this.#publisher === undefined ? this.#nameBefore : this.#publisher.name;
  }

  #firstFrame(nowMs: number): void {
    this.#optionsMs = -Infinity;
    this.#haveChosenAgain(nowMs);
    this.#announce(nowMs);
  }

  #haveChosenAgain(nowMs: number): void {
    for (const observer of this.#observers) observer.renditionsChanged(nowMs);
  }

  /** Who waited for `main` may get the camera's own bits now: then nobody is to make that. */
  #beginOtherSource(nowMs: number): void {
    this.#tracks.restart();
    this.#isChoosing = true;
    this.#haveChosenAgain(nowMs);
    this.#isChoosing = false;
    this.#demand.forgetLingering();
  }

  #announce(nowMs: number): void {
    const message = this.message(nowMs);
    const { state, cause, info: { clockOffsetMs, name } } = message;
    this.#announced = { state, cause, clockOffsetMs, name };
    for (const observer of this.#observers) observer.streamChanged(message);
  }

  /** What another source left behind leads nowhere. */
  #startOver(): void {
    this.#publisher?.close("replaced", "another producer took over this stream");
    this.#publisher = undefined;
    this.#nameBefore = undefined;
    this.#wanted.restart();
    this.#optionsMs = -Infinity;
    this.#tracks.restart();
  }

  #forgetPictures(): void {
    this.#optionsMs = -Infinity;
    this.#tracks.forgetPictures();
  }

  #updateDemand(nowMs: number): void {
    if (!this.#isChoosing) this.#wanted.tell(this.#publisher, nowMs);
  }
}
