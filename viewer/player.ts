import { type Action, Controls } from "./controls.ts";
import { wantedMaxKbps } from "./data_saver.ts";
import { DisplayBox } from "./display_box.ts";
import { element, setData, setText } from "./dom.ts";
import { downloadPicture, pictureFileName } from "./download.ts";
import { brokenPresence, type Presence, presenceOf, UNSUPPORTED } from "./presence.ts";
import { AUTO, type QualityChoices } from "./quality_choices.ts";
import { QualityControl } from "./quality_control.ts";
import { isGone, qualityViewOf } from "./quality_view.ts";
import { latencyText } from "./stat_texts.ts";
import { StatsPanel } from "./stats_panel.ts";
import type { PageToWorker, Report, WorkerToPage } from "./worker_messages.ts";

const NOTICE_MS = 4000;
/** A camera that comes back brings its renditions one after another. */
const GONE_AFTER_MS = 3000;

/**
 * One player of one stream: what is seen of it, and the worker that plays it. It starts when it is
 * made and ends when it is disposed; whoever made it puts `element` into the page.
 */
export class Player {
  readonly element = element("figure", "player");
  readonly #streamId: string;
  readonly #choices: QualityChoices;
  readonly #onLogin: () => void;
  readonly #canvas = element("canvas", "picture");
  readonly #message = element("p", "message");
  readonly #status = element("span", "status");
  readonly #badge = element("span", "latency");
  readonly #controls = new Controls((action) => this.#act(action));
  readonly #quality = new QualityControl((selected) => this.#select(selected));
  readonly #panel = new StatsPanel();
  readonly #box = new DisplayBox();
  readonly #lifetime = new AbortController();
  #worker: Worker | undefined;
  #report: Report | undefined;
  #failure: Presence | undefined;
  #goneSinceMs: number | undefined;
  #pausedByUser = false;
  #notice = "";
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param onLogin when the server asks who this is; it is not tried again before that is known */
  constructor(streamId: string, choices: QualityChoices, onLogin: () => void) {
    this.#streamId = streamId;
    this.#choices = choices;
    this.#onLogin = onLogin;
    this.#build();
    this.#listen();
    this.#start();
    this.#show();
  }

  /** Twice is fine. */
  dispose(): void {
    this.#lifetime.abort();
    clearTimeout(this.#noticeTimer);
    this.#tell({ type: "stop" });
    this.#worker = undefined;
    this.element.remove();
  }

  get #playing(): boolean {
    return !this.#pausedByUser && !document.hidden;
  }

  get #selected(): string {
    return this.#choices.of(this.#streamId);
  }

  #build(): void {
    this.element.tabIndex = 0;
    this.element.ariaLabel = `Camera ${this.#streamId}`;
    this.#canvas.ariaLabel = `Live picture of ${this.#streamId}`;
    this.#canvas.role = "img";
    this.#badge.title = "Latency: from the producer having the picture to here";
    setData(this.#badge, "stat", "latency");
    setData(this.element, "stream", this.#streamId);
    this.#status.role = "status";
    const name = element("span", "name", this.#streamId);
    const dot = element("span", "dot");
    const label = element("figcaption", "label", dot, name, this.#status);
    const badges = element("div", "badges", this.#quality.element, this.#badge);
    this.element.append(
      element(
        "div",
        "stage",
        this.#canvas,
        this.#message,
        element("div", "overlay overlay-top", label, badges),
        element("div", "overlay overlay-bottom", this.#controls.element),
      ),
      this.#panel.element,
    );
    this.#controls.setEnabled("fullscreen", document.fullscreenEnabled);
    this.#controls.setPressed("stats", false);
  }

  #listen(): void {
    const { signal } = this.#lifetime;
    this.element.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    this.#canvas.addEventListener("dblclick", () => this.#act("fullscreen"), { signal });
    document.addEventListener("visibilitychange", () => this.#playOrPause(), { signal });
    document.addEventListener("fullscreenchange", () => this.#show(), { signal });
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
    this.#tell({
      type: "start",
      canvas,
      socketUrl: socketUrlOf(this.#streamId),
      streamUrl:
        new URL(`api/streams/${encodeURIComponent(this.#streamId)}`, document.baseURI).href,
      playing: this.#playing,
      selected: this.#selected,
      maxKbps: wantedMaxKbps(navigator),
    }, [canvas]);
  }

  #heard(message: WorkerToPage): void {
    switch (message.type) {
      case "report":
        this.#reported(message.report);
        break;
      case "captured":
        downloadPicture(message.png, pictureFileName(this.#streamId, new Date()));
        break;
      case "capture-failed":
        this.#notify(`The picture could not be saved: ${message.reason}`);
        break;
    }
  }

  #reported(report: Report): void {
    this.#report = report;
    this.#fitBox(report);
    this.#giveUpWhatIsGone(report);
    this.#show();
    if (report.connection === "login") this.#onLogin();
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
        break;
      case "capture":
        this.#tell({ type: "capture" });
        break;
      case "fullscreen":
        this.#toggleFullscreen();
        break;
    }
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    // In a list letters and the space bar are the list's own.
    if (event.target instanceof HTMLSelectElement) return;
    if (event.key.toLowerCase() === "q") this.#quality.focus();
    else this.#controls.press(event);
  }

  #select(selected: string): void {
    this.#choices.choose(this.#streamId, selected);
    this.#tell({ type: "select", selected });
    this.#show();
  }

  /** A hidden tab paints nothing, so nothing is sent to it; what the user paused stays so. */
  #playOrPause(): void {
    this.#tell({ type: this.#playing ? "play" : "pause" });
    this.#show();
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
    const presence = this.#failure ?? presenceOf(report, this.#playing);
    const quality = qualityViewOf(report, this.#selected);
    setData(this.element, "state", presence.state);
    setData(this.element, "picture", report?.picture === undefined ? "none" : "some");
    setData(this.element, "rendition", report?.picture?.rendition ?? "");
    setData(this.element, "codec", report?.picture?.codec ?? "");
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
