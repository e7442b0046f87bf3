import { bugReportOf } from "./bug_report.ts";
import { type Action, Controls } from "./controls.ts";
import { wantedMaxKbps } from "./data_saver.ts";
import { DisplayBox, type PictureSize } from "./display_box.ts";
import { element, setData, setText } from "./dom.ts";
import { downloadFile, downloadPicture, pictureFileName, statsFileName } from "./download.ts";
import { hasPictureInPicture, PictureInPicture } from "./picture_in_picture.ts";
import {
  brokenPresence,
  type PlayerState,
  type Presence,
  presenceOf,
  UNSUPPORTED,
} from "./presence.ts";
import { MediaPort } from "./media_port.ts";
import { missingMediaSource } from "./media/media_support.ts";
import { watchNetwork } from "./network_watch.ts";
import {
  type PlaybackSettings,
  rememberedSettings,
  rememberSettings,
} from "./playback_settings.ts";
import { AUTO, type QualityChoices } from "./quality_choices.ts";
import { QualityControl } from "./quality_control.ts";
import { isGone, qualityViewOf } from "./quality_view.ts";
import { SettingsRows } from "./settings_rows.ts";
import { latencyText } from "./stat_texts.ts";
import { StatsPanel } from "./stats_panel.ts";
import { VERSION } from "./version.ts";
import type { PageToWorker, Report, WorkerToPage } from "./worker_messages.ts";
import { ZoomView } from "./zoom_view.ts";

const NOTICE_MS = 4000;
/** A camera that comes back brings its renditions one after another. */
const GONE_AFTER_MS = 3000;
/** A tile that is scrolled past is not worth a pause; one that is out of sight ends well within 1 s. */
const PAUSED_AFTER_MS = 400;

/** `tile`: one of many, a picture and a name. `full`: all there is. */
export type PlayerView = "tile" | "full";

export interface PlayerOptions {
  /** When the server asks who this is; it is not tried again before that is known. */
  readonly onLogin: () => void;
  /** When it is in another state than before. */
  readonly onState?: (state: PlayerState) => void;
}

/**
 * One player of one stream: what is seen of it, and the worker that plays it. It starts when it is
 * made and ends when it is disposed; whoever made it puts `element` into the page.
 */
export class Player {
  readonly element = element("figure", "player");
  readonly #streamId: string;
  readonly #choices: QualityChoices;
  readonly #options: PlayerOptions;
  readonly #open = element("a", "open");
  readonly #canvas = element("canvas", "picture");
  readonly #stage = element("div", "stage");
  readonly #message = element("p", "message");
  readonly #name = element("span", "name");
  readonly #status = element("span", "status");
  readonly #badge = element("span", "latency");
  readonly #controls = new Controls((action) => this.#act(action));
  readonly #quality = new QualityControl((selected) => this.#select(selected));
  readonly #panel = new StatsPanel(() => void this.#copyStats());
  readonly #box = new DisplayBox();
  readonly #zoom: ZoomView;
  readonly #window = new PictureInPicture({
    onOpen: (track) => this.#mirror(track),
    onClose: () => this.#mirror(undefined),
  });
  #settings = rememberedSettings(() => localStorage);
  readonly #settingsRows = new SettingsRows(this.#settings, (settings) => this.#set(settings));
  readonly #media = new MediaPort({
    canvas: this.#canvas,
    tell: (message) => this.#tell(message),
    onChange: () => this.#show(),
  }, this.#settings.smoothingMs);
  readonly #lifetime = new AbortController();
  #view: PlayerView = "full";
  #maxSize: PictureSize | undefined;
  #toldLimit: PictureSize | undefined;
  #inSight = true;
  #outOfSight: ReturnType<typeof setTimeout> | undefined;
  #worker: Worker | undefined;
  #report: Report | undefined;
  #failure: Presence | undefined;
  #goneSinceMs: number | undefined;
  #pausedByUser = false;
  #notice = "";
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(streamId: string, choices: QualityChoices, options: PlayerOptions) {
    this.#streamId = streamId;
    this.#choices = choices;
    this.#options = options;
    this.#zoom = new ZoomView(this.#stage, this.#canvas, {
      isOn: () => this.#view === "full" && this.#report?.picture !== undefined,
      signal: this.#lifetime.signal,
    });
    this.#build();
    this.#listen();
    this.#start();
    this.#show();
  }

  /** Twice is fine. */
  dispose(): void {
    this.#lifetime.abort();
    this.#window.close();
    clearTimeout(this.#noticeTimer);
    clearTimeout(this.#outOfSight);
    this.#media[Symbol.dispose]();
    this.#panel[Symbol.dispose]();
    this.#tell({ type: "stop" });
    this.#worker = undefined;
    this.element.remove();
  }

  get state(): PlayerState {
    return this.#presence.state;
  }

  /** A tile of a wall shows less of itself, and is a link to more. */
  showAs(view: PlayerView): void {
    this.#view = view;
    setData(this.element, "view", view);
    this.#open.hidden = view === "full";
    // A tile's link is what the keyboard goes to.
    this.element.tabIndex = view === "full" ? 0 : -1;
    if (view === "tile") this.#zoom.reset();
    this.#tellLimit();
  }

  /** Pictures larger than that are of no use in a tile. */
  limit(maxSize: PictureSize): void {
    if (maxSize === this.#maxSize) return;
    this.#maxSize = maxSize;
    this.#tellLimit();
  }

  /** Out of sight it pauses, in sight again it goes on. */
  setInSight(inSight: boolean): void {
    clearTimeout(this.#outOfSight);
    if (inSight) return this.#setInSight(true);
    this.#outOfSight = setTimeout(() => this.#setInSight(false), PAUSED_AFTER_MS);
  }

  /** For the keyboard. */
  focus(): void {
    if (this.#view === "tile") this.#open.focus();
    else this.element.focus({ preventScroll: true });
  }

  /** What a key does to a player; those of a list are the list's own. */
  press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target instanceof HTMLSelectElement) return;
    if (this.#view === "full" && this.#zoom.press(event)) return event.preventDefault();
    if (event.repeat) return;
    const key = event.key.toLowerCase();
    if (this.#view === "tile" && (key === "s" || key === "q")) return;
    if (key === "q") this.#quality.focus();
    else this.#controls.press(event);
  }

  get #playing(): boolean {
    const isSeen = this.#inSight && !document.hidden;
    return !this.#pausedByUser && (isSeen || this.#window.isOpen);
  }

  get #limit(): PictureSize | undefined {
    const isLarge = this.#view === "full" || document.fullscreenElement === this.element;
    return isLarge ? undefined : this.#maxSize;
  }

  get #presence(): Presence {
    return this.#failure ?? presenceOf(this.#report, this.#playing);
  }

  get #selected(): string {
    return this.#choices.of(this.#streamId);
  }

  #build(): void {
    this.element.tabIndex = 0;
    this.#call(this.#streamId);
    this.#canvas.role = "img";
    this.#badge.title = "Latency: from the producer having the picture to here";
    setData(this.#badge, "stat", "latency");
    setData(this.element, "stream", this.#streamId);
    this.#status.role = "status";
    const dot = element("span", "dot");
    const label = element("figcaption", "label", dot, this.#name, this.#status);
    const badges = element("div", "badges", this.#quality.element, this.#badge);
    this.#open.href = `?stream=${encodeURIComponent(this.#streamId)}`;
    this.#stage.append(
      this.#canvas,
      this.#message,
      element("div", "overlay overlay-top", label, badges),
      element("div", "overlay overlay-bottom", this.#zoom.badge, this.#controls.element),
      this.#open,
    );
    this.#panel.element.append(...this.#settingsRows.elements);
    this.element.append(this.#stage, this.#panel.element);
    this.showAs("full");
    this.#controls.setEnabled("fullscreen", document.fullscreenEnabled);
    this.#controls.setOffered("pip", hasPictureInPicture());
    this.#controls.setPressed("pip", false);
    this.#controls.setPressed("stats", false);
  }

  /** By its name, where it has another one than its id. */
  #call(name: string): void {
    if (this.#name.textContent === name) return;
    setText(this.#name, name);
    this.element.ariaLabel = `Camera ${name}`;
    this.#canvas.ariaLabel = `Live picture of ${name}`;
    this.#open.ariaLabel = `Open camera ${name}`;
  }

  #listen(): void {
    const { signal } = this.#lifetime;
    this.element.addEventListener("keydown", (event) => this.press(event), { signal });
    this.#canvas.addEventListener("dblclick", () => this.#act("fullscreen"), { signal });
    watchNetwork(() => this.#tell({ type: "network-changed" }), signal);
    document.addEventListener("visibilitychange", () => this.#playOrPause(), { signal });
    document.addEventListener("fullscreenchange", () => this.#fullscreenChanged(), { signal });
  }

  #start(): void {
    if (typeof this.#canvas.transferControlToOffscreen !== "function") {
      this.#failure = UNSUPPORTED;
      return;
    }
    const canvas = this.#canvas.transferControlToOffscreen();
    const worker = new Worker(new URL("decode_worker.js", document.baseURI), { type: "module" });
    this.#worker = worker;
    const { signal } = this.#lifetime;
    worker.addEventListener("message", ({ data }: MessageEvent<WorkerToPage>) => {
      this.#heard(data);
    }, { signal });
    worker.addEventListener("error", ({ message }) => {
      this.#failure = brokenPresence(message);
      this.#show();
    }, { signal });
    this.#toldLimit = this.#limit;
    this.#tell({
      type: "start",
      canvas,
      socketUrl: socketUrlOf(this.#streamId),
      streamUrl:
        new URL(`api/streams/${encodeURIComponent(this.#streamId)}`, document.baseURI).href,
      playing: this.#playing,
      selected: this.#selected,
      maxKbps: wantedMaxKbps(navigator),
      maxSize: this.#toldLimit,
      missingMediaSource: missingMediaSource(),
      ...this.#settings,
    }, [canvas]);
  }

  #heard(message: WorkerToPage): void {
    switch (message.type) {
      case "report":
        this.#reported(message.report);
        break;
      case "media":
        this.#media.show(message.frame);
        break;
      case "media-end":
        this.#media.end();
        break;
      case "captured":
        this.#captured(message.png);
        break;
      case "capture-failed":
        this.#notify(`The picture could not be saved: ${message.reason}`);
        break;
    }
  }

  #capture(): void {
    const capture = this.#media.capture();
    if (capture === undefined) return this.#tell({ type: "capture" });
    capture.then(
      (png) => this.#captured(png),
      (cause) => this.#notify(`The picture could not be saved: ${cause}`),
    );
  }

  #captured(png: Blob): void {
    downloadPicture(png, pictureFileName(this.#streamId, new Date()));
  }

  #set(settings: PlaybackSettings): void {
    const { wayChoice, smoothingMs } = settings;
    rememberSettings(settings, () => localStorage);
    if (wayChoice !== this.#settings.wayChoice) this.#tell({ type: "way", wayChoice });
    this.#tell({ type: "smoothing", smoothingMs });
    this.#media.smoothingMs = smoothingMs;
    this.#settings = settings;
  }

  #reported(report: Report): void {
    this.#report = report;
    if (report.streamState !== undefined) this.#call(report.streamName || this.#streamId);
    this.#fitBox(report);
    this.#giveUpWhatIsGone(report);
    this.#show();
    if (report.connection === "login") this.#options.onLogin();
  }

  #giveUpWhatIsGone(report: Report): void {
    const selected = this.#selected;
    if (!isGone(selected, report)) {
      this.#goneSinceMs = undefined;
      return;
    }
    const nowMs = performance.now();
    this.#goneSinceMs ??= nowMs;
    if (nowMs - this.#goneSinceMs < GONE_AFTER_MS) return;
    this.#select(AUTO);
    this.#notify(`Quality is automatic again: “${selected}” cannot be had any more`);
  }

  #act(action: Action): void {
    switch (action) {
      case "play":
        this.#pausedByUser = !this.#pausedByUser;
        this.#playOrPause();
        break;
      case "stats":
        this.#panel.toggle();
        this.#controls.setPressed("stats", this.#panel.visible);
        this.#tell({ type: "history", wanted: this.#panel.visible });
        break;
      case "capture":
        this.#capture();
        break;
      case "pip":
        this.#window.toggle().catch((cause) =>
          this.#notify(`Picture in picture was refused: ${cause}`)
        );
        break;
      case "fullscreen":
        this.#toggleFullscreen();
        break;
    }
  }

  #select(selected: string): void {
    this.#choices.choose(this.#streamId, selected);
    this.#tell({ type: "select", selected });
    this.#show();
  }

  /** For a bug report. Where the clipboard is not to be had, as on plain http, it is a file. */
  async #copyStats(): Promise<void> {
    const takenAt = new Date();
    const report = bugReportOf({
      version: VERSION,
      userAgent: navigator.userAgent,
      isSecureContext,
      takenAt,
      stream: this.#streamId,
      presence: this.#failure ?? presenceOf(this.#report, this.#playing),
      quality: qualityViewOf(this.#report, this.#selected),
      report: this.#report,
    });
    const json = JSON.stringify(report, null, 2);
    try {
      await navigator.clipboard.writeText(json);
      this.#notify("The statistics are copied: paste them where they are wanted");
    } catch {
      const file = new Blob([json], { type: "application/json" });
      downloadFile(file, statsFileName(this.#streamId, takenAt));
      this.#notify("This page may not copy, so the statistics are saved as a file");
    }
  }

  /** A hidden tab paints nothing, so nothing is sent to it; what the user paused stays so. */
  #playOrPause(): void {
    this.#tell({ type: this.#playing ? "play" : "pause" });
    this.#show();
  }

  #setInSight(inSight: boolean): void {
    if (inSight === this.#inSight) return;
    this.#inSight = inSight;
    this.#playOrPause();
  }

  #tellLimit(): void {
    const limit = this.#limit;
    if (limit === this.#toldLimit) return;
    this.#toldLimit = limit;
    this.#tell({ type: "limit", maxSize: limit });
  }

  #fullscreenChanged(): void {
    this.#tellLimit();
    this.#zoom.reset();
    this.#show();
  }

  /** In the window of its own it goes on, seen or not. */
  #mirror(track: WritableStream<VideoFrame> | undefined): void {
    this.#tell({ type: "mirror", track }, track === undefined ? [] : [track]);
    this.#controls.setPressed("pip", track !== undefined);
    this.#playOrPause();
  }

  #toggleFullscreen(): void {
    const change = document.fullscreenElement === this.element
      ? document.exitFullscreen()
      : this.element.requestFullscreen();
    change.catch((cause) => this.#notify(`Full screen was refused: ${cause}`));
  }

  /** Says something over the picture for a moment. */
  #notify(notice: string): void {
    this.#notice = notice;
    this.#show();
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => {
      this.#notice = "";
      this.#show();
    }, NOTICE_MS);
  }

  /** Where a picture shows at its own size, a smaller rendition is to move nothing. */
  #fitBox({ picture, renditions }: Report): void {
    for (const { name, width, height } of renditions) {
      this.#box.learn(name, { widthPx: width, heightPx: height });
    }
    if (picture === undefined) return;
    this.#box.learn(picture.rendition, picture);
    const { widthPx, heightPx } = this.#box.sizeFor(picture);
    this.#canvas.style.setProperty("--box-width", `${widthPx}px`);
    this.#canvas.style.setProperty("--box-shape", `${widthPx} / ${heightPx}`);
  }

  #show(): void {
    const report = this.#report;
    const presence = this.#presence;
    const quality = qualityViewOf(report, this.#selected);
    const isOtherState = this.element.dataset["state"] !== presence.state;
    setData(this.element, "state", presence.state);
    setData(this.element, "picture", report?.picture === undefined ? "none" : "some");
    setData(this.element, "rendition", report?.picture?.rendition ?? "");
    setData(this.element, "codec", report?.picture?.codec ?? "");
    setData(this.element, "way", report?.way ?? "");
    setData(this.element, "quality", quality.rendition);
    setData(this.element, "qualityReason", quality.reason);
    setData(this.element, "selected", quality.selected);
    setText(this.#status, presence.status);
    setText(this.#message, this.#notice || presence.message);
    setText(this.#badge, latencyText(report));
    this.#quality.show(quality);
    this.#panel.show(report, presence, quality);
    this.#controls.label("play", this.#pausedByUser ? "Play" : "Pause");
    this.#controls.setEnabled("play", this.#failure === undefined);
    this.#controls.setEnabled("capture", report?.picture !== undefined);
    const isFullscreen = document.fullscreenElement === this.element;
    this.#controls.label("fullscreen", isFullscreen ? "Leave full screen" : "Full screen");
    if (isOtherState) this.#options.onState?.(presence.state);
  }

  #tell(message: PageToWorker, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }
}

function socketUrlOf(streamId: string): string {
  const url = new URL(`ws/${encodeURIComponent(streamId)}`, document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
