import { type Action, Controls } from "./controls.ts";
import { DisplayBox, type PictureSize } from "./display_box.ts";
import { element, setData, setText } from "./dom.ts";
import { icon } from "./icons.ts";
import type { PlaybackSettings } from "./playback_settings.ts";
import type { Presence } from "./presence.ts";
import { QualityControl } from "./quality_control.ts";
import type { QualityView } from "./quality_view.ts";
import { SettingsRows } from "./settings_rows.ts";
import { latencyText } from "./stat_texts.ts";
import { StatsPanel } from "./stats_panel.ts";
import type { Report } from "./worker_messages.ts";
import { ZoomView } from "./zoom_view.ts";

/** `tile`: one of many, a picture and a name. `full`: all there is. */
export type PlayerView = "tile" | "full";

export interface PlayerFrameOptions {
  readonly streamId: string;
  readonly settings: PlaybackSettings;
  readonly onAction: (action: Action) => void;
  /** @param selected a rendition's name, or `"auto"` */
  readonly onSelect: (selected: string) => void;
  readonly onCopyStats: () => void;
  readonly onSettings: (settings: PlaybackSettings) => void;
  readonly signal: AbortSignal;
}

/** All that is shown of a player. */
export interface ShownPlayer {
  readonly report: Report | undefined;
  readonly presence: Presence;
  readonly quality: QualityView;
  /** In the place of what the state says, for a moment; empty for none. */
  readonly notice: string;
  readonly isPausedByUser: boolean;
  readonly canPlay: boolean;
  readonly isPictureInPictureOffered: boolean;
  readonly isInPictureInPicture: boolean;
}

/** Of the states that are not as they should be; the style sheet shows the one of the state. */
const STATE_ICONS = ["connecting", "stale", "offline", "unsupported"] as const;

/** Of a camera of which nothing is known yet. */
const UNKNOWN_SIZE: PictureSize = { widthPx: 1280, heightPx: 720 };

/** A player in the page: picture, words, buttons, statistics. It knows nothing of how it plays. */
export class PlayerFrame implements Disposable {
  readonly element = element("figure", "player");
  readonly canvas = element("canvas", "picture");
  readonly panel: StatsPanel;
  readonly controls: Controls;
  readonly quality: QualityControl;
  readonly zoom: ZoomView;
  readonly #streamId: string;
  readonly #open = element("a", "open");
  readonly #stage = element("div", "stage");
  readonly #message = element("p", "message");
  readonly #name = element("span", "name");
  readonly #status = element("span", "status");
  readonly #latency = element("span", "latency");
  readonly #settings: SettingsRows;
  readonly #box = new DisplayBox();
  #view: PlayerView = "full";
  #hasPicture = false;
  #isTold = false;

  constructor({ streamId, settings, signal, ...handlers }: PlayerFrameOptions) {
    this.controls = new Controls(handlers.onAction);
    this.quality = new QualityControl(handlers.onSelect);
    this.#settings = new SettingsRows(settings, handlers.onSettings);
    this.panel = new StatsPanel(this.#settings.element, handlers.onCopyStats);
    this.zoom = new ZoomView(this.#stage, this.canvas, {
      isOn: () => this.#view === "full" && this.#hasPicture,
      onDoubleClick: () => handlers.onAction("fullscreen"),
      signal,
    });
    this.#streamId = streamId;
    this.#describe();
    this.#call(streamId);
    this.#assemble();
    this.controls.setEnabled("fullscreen", document.fullscreenEnabled);
    this.controls.setPressed("stats", false);
  }

  /** The stream's name, or its id where it has none. */
  get name(): string {
    return this.#name.textContent;
  }

  get view(): PlayerView {
    return this.#view;
  }

  get isFullscreen(): boolean {
    return document.fullscreenElement === this.element;
  }

  /** A tile of a wall shows less of itself, and is a link to more. */
  showAs(view: PlayerView): void {
    this.#view = view;
    setData(this.element, "view", view);
    this.#open.hidden = view === "full";
    // A tile's link is what the keyboard goes to.
    this.element.tabIndex = view === "full" ? 0 : -1;
    if (view === "tile") this.zoom.reset();
  }

  /** For the keyboard. */
  focus(): void {
    if (this.#view === "tile") this.#open.focus();
    else this.element.focus({ preventScroll: true });
  }

  /** Fails where the browser refuses it. */
  toggleFullscreen(): Promise<void> {
    return this.isFullscreen ? document.exitFullscreen() : this.element.requestFullscreen();
  }

  togglePanel(): void {
    this.panel.toggle();
    this.controls.setPressed("stats", this.panel.visible);
  }

  showSettings(settings: PlaybackSettings): void {
    this.#settings.show(settings);
  }

  show(shown: ShownPlayer): void {
    const { report, presence, quality } = shown;
    this.#hasPicture = report?.picture !== undefined;
    if (report !== undefined) this.#fitBox(report);
    if (report?.streamState !== undefined) this.#call(report.streamName || this.#streamId);
    if (isTold(shown)) this.#appear();
    this.#mark(shown);
    setText(this.#status, presence.status);
    setText(this.#message, shown.notice || presence.message);
    setText(this.#latency, latencyText(report));
    this.quality.show(quality);
    this.panel.show(report, presence, quality);
    this.#showControls(shown);
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    this.panel[Symbol.dispose]();
    this.element.remove();
  }

  #describe(): void {
    this.canvas.role = "img";
    this.#status.role = "status";
    this.#open.href = `?stream=${encodeURIComponent(this.#streamId)}`;
    this.#latency.title = "Latency: from the producer having the picture to here";
    setData(this.#latency, "stat", "latency");
    setData(this.element, "stream", this.#streamId);
    setData(this.element, "told", "no");
  }

  /** By its name, where it has another one than its id. */
  #call(name: string): void {
    if (this.#name.textContent === name) return;
    setText(this.#name, name);
    this.element.ariaLabel = `Camera ${name}`;
    this.canvas.ariaLabel = `Live picture of ${name}`;
    this.#open.ariaLabel = `Open camera ${name}`;
  }

  #assemble(): void {
    const label = element("figcaption", "label", element("span", "dot"), this.#name, this.#status);
    const badges = element("div", "badges", this.quality.element, this.#latency);
    const card = element("div", "card", ...STATE_ICONS.map(icon), this.#message);
    this.#stage.append(
      this.canvas,
      card,
      element("div", "overlay overlay-top", label, badges),
      element("div", "overlay overlay-bottom", this.zoom.badge, this.controls.element),
      this.#open,
    );
    this.element.append(this.#stage, this.panel.element);
    this.showAs("full");
  }

  /** Only once it has been laid out at its size, unseen: what is seen meanwhile would move. */
  #appear(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    setData(this.element, "told", "soon");
    requestAnimationFrame(() => setTimeout(() => setData(this.element, "told", "yes")));
  }

  /** For style sheets and scripts: README.md, "In the page". */
  #mark({ report, presence, quality }: ShownPlayer): void {
    const marks = {
      state: presence.state,
      picture: this.#hasPicture ? "some" : "none",
      rendition: report?.picture?.rendition ?? "",
      codec: report?.picture?.codec ?? "",
      way: report?.way ?? "",
      quality: quality.rendition,
      qualityReason: quality.reason,
      selected: quality.selected,
    };
    for (const [name, value] of Object.entries(marks)) setData(this.element, name, value);
  }

  #showControls(shown: ShownPlayer): void {
    const { controls } = this;
    controls.label("play", shown.isPausedByUser ? "Play" : "Pause");
    controls.setEnabled("play", shown.canPlay);
    controls.setEnabled("capture", this.#hasPicture);
    controls.setOffered("pip", shown.isPictureInPictureOffered);
    controls.setPressed("pip", shown.isInPictureInPicture);
    controls.label("fullscreen", this.isFullscreen ? "Leave full screen" : "Full screen");
  }

  /** Where a picture shows at its own size, a smaller rendition is to move nothing. */
  #fitBox({ picture, renditions }: Report): void {
    const sizes = renditions.map(({ width, height }) => ({ widthPx: width, heightPx: height }));
    renditions.forEach(({ name }, index) => this.#box.learn(name, sizes[index] ?? UNKNOWN_SIZE));
    if (picture !== undefined) this.#box.learn(picture.rendition, picture);
    const { widthPx, heightPx } = this.#box.sizeFor(picture ?? sizes[0] ?? UNKNOWN_SIZE);
    this.canvas.style.setProperty("--box-width", `${widthPx}px`);
    this.canvas.style.setProperty("--box-shape", `${widthPx} / ${heightPx}`);
  }
}

/** Whether it is known by now how large the picture is going to be, or that there is none. */
function isTold({ report, presence: { state } }: ShownPlayer): boolean {
  if (state !== "connecting" && state !== "paused") return true;
  return report !== undefined && (report.picture !== undefined || report.renditions.length > 0);
}
