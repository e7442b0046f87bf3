import { wantedMaxKbps } from "../data_saver.ts";
import { DisplayBox } from "../display_box.ts";
import { downloadPicture, pictureFileName } from "../download.ts";
import { DEFAULT_SETTINGS } from "../playback_settings.ts";
import { UNSUPPORTED } from "../presence.ts";
import { qualityViewOf } from "../quality_view.ts";
import { canPlayRemotely, RemotePlayback } from "../remote_playback.ts";
import { latencyText } from "../stat_texts.ts";
import { type StreamAddress, streamAddressOf } from "../stream_address.ts";
import type { Report } from "../worker_messages.ts";
import { PlayerAttributes, REFLECTED } from "./player_attributes.ts";
import {
  type EmbedState,
  type PlayerError,
  playerErrorOf,
  type PlayerStats,
  playerStatsOf,
  type PlayerView,
  playerViewOf,
} from "./player_state.ts";
import { PlayerShadow } from "./player_view.ts";
import { SizeWatch } from "./size_watch.ts";

/** Detail of `statechange`. */
export interface StateChange {
  readonly state: EmbedState;
  /** The words over the picture; empty while there are none. */
  readonly message: string;
}

const IDLE: PlayerView = { state: "idle", status: "No camera", message: "" };
/** Set before the element was known, they would hide what it does with them. */
const PROPERTIES = [...REFLECTED, "token"] as const;

/**
 * `<porthole-player src="wss://host/ws/door" controls>`: one camera, live, in any page. It plays
 * from when it is in the page until it is taken out; being moved within it does not count.
 */
export class PortholePlayerElement extends PlayerAttributes {
  static readonly observedAttributes = ["src", "quality", "poster", "controls", "token", "fit"];

  readonly #shadow = new PlayerShadow(this, {
    togglePlaying: () => this.#setPaused(!this.#isPaused),
    capture: () => void this.#save(),
    toggleFullscreen: () => void this.#toggleFullscreen(),
    select: (rendition) => this.quality = rendition,
  });
  readonly #box = new DisplayBox();
  #inPage: AbortController | undefined;
  #address: StreamAddress | undefined;
  #playback: RemotePlayback | undefined;
  #size: SizeWatch | undefined;
  #token: string | undefined;
  #isPaused = false;
  #isInView = true;
  #report: Report | undefined;
  /** What keeps it from playing at all, as far as the playing does not say so itself. */
  #fault: PlayerError | undefined;
  #error: PlayerError | undefined;
  #view = IDLE;

  /** Signed, of who watches; it stays out of the page. In the place of the attribute. */
  get token(): string {
    return this.#token ?? this.getAttribute("token") ?? "";
  }

  set token(token: string) {
    this.#token = token;
    this.#playback?.useToken(this.token || undefined);
  }

  get state(): EmbedState {
    return this.#view.state;
  }

  /** What keeps it from playing; `null` while nothing does. */
  get error(): PlayerError | null {
    return this.#error ?? null;
  }

  /** `null` before it began. */
  get stats(): PlayerStats | null {
    return this.#report === undefined ? null : playerStatsOf(this.#report);
  }

  /** By `pause()` or the user. */
  get paused(): boolean {
    return this.#isPaused;
  }

  /** Which one is shown; empty before there is a picture. */
  get rendition(): string {
    return this.#report?.picture?.rendition ?? "";
  }

  /** What `quality` may be. */
  get qualities(): readonly string[] {
    return qualityViewOf(this.#report, this.quality).options.map(({ value }) => value);
  }

  get videoWidth(): number {
    return this.#report?.picture?.widthPx ?? 0;
  }

  get videoHeight(): number {
    return this.#report?.picture?.heightPx ?? 0;
  }

  /** Goes on, with the picture of now. */
  play(): void {
    this.#setPaused(false);
  }

  /** Keeps the picture, and has the server send nothing. */
  pause(): void {
    this.#setPaused(true);
  }

  /** The picture of now as PNG, of its own size. @throws {DOMException} while there is none */
  capture(): Promise<Blob> {
    if (this.#playback === undefined || this.rendition === "") {
      return Promise.reject(new DOMException("there is no picture yet", "InvalidStateError"));
    }
    return this.#playback.capture();
  }

  connectedCallback(): void {
    for (const name of PROPERTIES) this.#takeOver(name);
    // Moved, in the time that one task takes.
    if (this.#inPage !== undefined) return;
    this.#inPage = new AbortController();
    const { signal } = this.#inPage;
    document.addEventListener("visibilitychange", () => this.#playOrPause(), { signal });
    this.addEventListener("fullscreenchange", () => this.#show(), { signal });
    this.#watchView(signal);
    this.#size = new SizeWatch({
      player: this,
      onChange: () => this.#playback?.limit(this.#size?.current),
      signal,
    });
    this.#start();
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#inPage?.abort();
      this.#inPage = undefined;
      this.#stop();
      this.#show();
    });
  }

  /** `moveBefore` asks for nothing. */
  connectedMoveCallback(): void {}

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (name === "controls") this.#shadow.hasControls = this.controls;
    if (name === "poster") this.#shadow.poster = this.poster;
    if (before === now || this.#inPage === undefined) return;
    if (name === "src") this.#start();
    else if (name === "quality") this.#playback?.select(this.quality);
    else if (name === "token") this.#playback?.useToken(this.token || undefined);
    else if (name === "fit") this.#size?.look();
    this.#show();
  }

  get #plays(): boolean {
    return !this.#isPaused && !document.hidden && this.#isInView;
  }

  #start(): void {
    this.#stop();
    this.#shadow.hasControls = this.controls;
    if (this.hasAttribute("src")) this.#tryToStart();
    this.#show();
  }

  #tryToStart(): void {
    try {
      this.#address = streamAddressOf(this.src, document.baseURI);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      this.#fault = { code: "invalid", message: cause.message };
      return;
    }
    if (!canPlayRemotely()) {
      this.#fault = { code: "unsupported", message: UNSUPPORTED.message };
      return;
    }
    const { streamId, socketUrl, streamUrl } = this.#address;
    this.#playback = new RemotePlayback({
      canvas: this.#shadow.newCanvas(`Live picture of ${streamId}`),
      socketUrl,
      streamUrl,
      token: this.token || undefined,
      playing: this.#plays,
      selected: this.quality,
      maxKbps: wantedMaxKbps(navigator),
      maxSize: this.#size?.current,
      settings: DEFAULT_SETTINGS,
      onReport: (report) => this.#reported(report),
      onElement: () => {},
      onFailure: (cause) => this.#failed(cause),
    });
  }

  #stop(): void {
    this.#playback?.[Symbol.dispose]();
    this.#playback = undefined;
    this.#address = undefined;
    this.#report = undefined;
    this.#fault = undefined;
    this.#shadow.removeCanvas();
  }

  #reported(report: Report): void {
    this.#report = report;
    for (const { name, width, height } of report.renditions) {
      this.#box.learn(name, { widthPx: width, heightPx: height });
    }
    const { picture } = report;
    if (picture !== undefined) {
      this.#box.learn(picture.rendition, picture);
      const shape = this.#box.sizeFor(picture);
      this.#shadow.shape = shape;
      if (this.#size !== undefined) this.#size.shape = shape;
    }
    this.#show();
    this.dispatchEvent(new CustomEvent("stats", { detail: playerStatsOf(report) }));
  }

  #failed(cause: string): void {
    const message = `The player failed: ${cause}. A Content-Security-Policy has to allow ` +
      "`worker-src blob:`, and the server as `script-src`, `worker-src` and `connect-src`";
    this.#fault = { code: "failed", message };
    this.#show();
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#playOrPause();
  }

  #playOrPause(): void {
    this.#playback?.setPlaying(this.#plays);
    this.#show();
  }

  /** Out of sight nothing is sent to it. */
  #watchView(signal: AbortSignal): void {
    this.#isInView = true;
    const observer = new IntersectionObserver((entries) => {
      this.#isInView = entries.at(-1)?.isIntersecting ?? true;
      this.#playOrPause();
    }, { rootMargin: "100px" });
    observer.observe(this);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  #show(): void {
    const report = this.#report;
    const error = this.#fault ?? this.#playingError();
    const view = this.#address === undefined && error === undefined
      ? IDLE
      : playerViewOf(report, this.#plays, error);
    const { options, selected } = qualityViewOf(report, this.quality);
    this.#shadow.show({
      ...view,
      isPaused: this.#isPaused,
      latency: latencyText(report),
      hasPicture: report?.picture !== undefined,
      isFullscreen: document.fullscreenElement === this,
      qualities: options,
      selected,
    });
    this.#tell(view, error);
  }

  #playingError(): PlayerError | undefined {
    if (this.#address === undefined) return undefined;
    const { origin: serverOrigin } = new URL(this.#address.streamUrl);
    const where = { serverOrigin, pageOrigin: location.origin };
    return playerErrorOf(this.#report, where, this.#error);
  }

  /** Once for each change. */
  #tell(view: PlayerView, error: PlayerError | undefined): void {
    const before = this.#view;
    const errorBefore = this.#error;
    this.#view = view;
    this.#error = error;
    if (view.state !== before.state) {
      const detail: StateChange = { state: view.state, message: view.message };
      this.dispatchEvent(new CustomEvent("statechange", { detail }));
    }
    if (error === undefined) return;
    if (error.code === errorBefore?.code && error.message === errorBefore.message) return;
    this.dispatchEvent(new CustomEvent("error", { detail: error }));
  }

  async #save(): Promise<void> {
    const { streamId } = this.#address ?? {};
    if (streamId === undefined) return;
    downloadPicture(await this.capture(), pictureFileName(streamId, new Date()));
  }

  async #toggleFullscreen(): Promise<void> {
    if (document.fullscreenElement === this) await document.exitFullscreen();
    else await this.requestFullscreen();
  }

  #takeOver(name: typeof PROPERTIES[number]): void {
    if (!Object.hasOwn(this, name)) return;
    const value = Reflect.get(this, name);
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, value);
  }
}
