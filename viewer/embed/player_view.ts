import { element, setData, setText } from "../dom.ts";
import { icon, type IconName } from "../icons.ts";
import type { QualityOption } from "../quality_view.ts";
import css from "./player.css" with { type: "text" };
import type { PlayerView } from "./player_state.ts";

export interface PlayerActions {
  togglePlaying(): void;
  capture(): void;
  toggleFullscreen(): void;
  select(rendition: string): void;
}

/** All that is shown. */
export interface Shown extends PlayerView {
  /** By the user or a script; the state says `paused` also of a player that nobody can see. */
  readonly isPaused: boolean;
  readonly latency: string;
  readonly hasPicture: boolean;
  readonly isFullscreen: boolean;
  readonly qualities: readonly QualityOption[];
  readonly selected: string;
}

/** What is inside of a `<porthole-player>`, in its shadow root. */
export class PlayerShadow {
  /** Constructed, which no Content-Security-Policy forbids, and one for all players of a page. */
  static readonly #style = styleSheetOf(css);

  readonly #root: ShadowRoot;
  readonly #stage = element("div", "stage");
  readonly #poster = element("img", "poster");
  readonly #message = element("p", "message");
  readonly #badge = element("div", "badge");
  readonly #status = element("span", "status");
  readonly #latency = element("span", "latency");
  readonly #controls = element("div", "controls");
  readonly #play: HTMLButtonElement;
  readonly #capture: HTMLButtonElement;
  readonly #fullscreen: HTMLButtonElement;
  readonly #quality = element("select", "quality");
  #canvas: HTMLCanvasElement | undefined;
  #listed = "";

  constructor(host: HTMLElement, actions: PlayerActions) {
    // The first of the controls, for whoever focuses the player.
    this.#root = host.attachShadow({ mode: "open", delegatesFocus: true });
    this.#root.adoptedStyleSheets = [PlayerShadow.#style];
    this.#play = button("Pause", "Space", ["pause", "play"], () => actions.togglePlaying());
    this.#capture = button("Save this picture", "c", ["capture"], () => actions.capture());
    this.#fullscreen = button("Full screen", "f", ["fullscreen"], () => actions.toggleFullscreen());
    this.#quality.ariaLabel = "Quality";
    this.#quality.addEventListener("change", () => actions.select(this.#quality.value));
    this.#poster.alt = "";
    this.#poster.hidden = true;
    this.#status.role = "status";
    name({ poster: this.#poster, message: this.#message, badge: this.#badge });
    name({ controls: this.#controls, stage: this.#stage });
    this.#badge.append(element("span", "dot"), this.#status, this.#latency);
    this.#controls.append(this.#play, this.#quality, this.#capture, this.#fullscreen);
    this.#stage.append(this.#poster, this.#message, this.#badge, this.#controls);
    this.#root.append(this.#stage);
    this.#root.addEventListener("keydown", (event) => {
      if (event instanceof KeyboardEvent) this.#pressed(event);
    });
  }

  /** In the place of the one before, which another playing painted. */
  newCanvas(label: string): HTMLCanvasElement {
    this.removeCanvas();
    const canvas = element("canvas", "picture");
    canvas.role = "img";
    canvas.ariaLabel = label;
    name({ canvas });
    this.#stage.prepend(canvas);
    this.#canvas = canvas;
    return canvas;
  }

  /** Twice is fine. */
  removeCanvas(): void {
    this.#canvas?.remove();
    this.#canvas = undefined;
  }

  set hasControls(hasControls: boolean) {
    this.#controls.hidden = !hasControls;
    this.#badge.hidden = !hasControls;
  }

  set poster(url: string) {
    if (url === "") this.#poster.removeAttribute("src");
    else this.#poster.src = url;
  }

  /** Of the largest rendition, so that another one moves nothing. */
  set shape({ widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number }) {
    this.#stage.style.setProperty("aspect-ratio", `${widthPx} / ${heightPx}`);
  }

  show(shown: Shown): void {
    setData(this.#stage, "state", shown.state);
    setData(this.#stage, "paused", String(shown.isPaused));
    setText(this.#message, shown.message);
    setText(this.#status, shown.status);
    setText(this.#latency, shown.latency);
    this.#poster.hidden = shown.hasPicture || !this.#poster.hasAttribute("src");
    this.#capture.disabled = !shown.hasPicture;
    label(this.#play, shown.isPaused ? "Play" : "Pause");
    label(this.#fullscreen, shown.isFullscreen ? "Leave full screen" : "Full screen");
    this.#fullscreen.disabled = !document.fullscreenEnabled;
    this.#list(shown.qualities);
    if (this.#quality.value !== shown.selected) this.#quality.value = shown.selected;
  }

  /** Anew only when it is another list: an open one would close. */
  #list(options: readonly QualityOption[]): void {
    const listed = JSON.stringify(options);
    if (listed === this.#listed) return;
    this.#listed = listed;
    this.#quality.replaceChildren(...options.map(({ value, label }) => new Option(label, value)));
  }

  #pressed(event: KeyboardEvent): void {
    const { target, key } = event;
    if (this.#controls.hidden || target instanceof HTMLSelectElement) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    // On a button the space bar is that button's own.
    const isOwnKey = key === " " && target instanceof HTMLButtonElement;
    const keys = new Map([[" ", this.#play], ["c", this.#capture], ["f", this.#fullscreen]]);
    const pressed = keys.get(key.toLowerCase());
    if (isOwnKey || pressed === undefined) return;
    event.preventDefault();
    pressed.click();
  }
}

function styleSheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

function button(
  text: string,
  key: string,
  icons: readonly IconName[],
  onClick: () => void,
): HTMLButtonElement {
  const created = element("button", "", ...icons.map(icon));
  created.type = "button";
  created.setAttribute("aria-keyshortcuts", key);
  created.addEventListener("click", onClick);
  label(created, text);
  return created;
}

function label(button: HTMLButtonElement, text: string): void {
  if (button.ariaLabel === text) return;
  button.ariaLabel = text;
  button.title = text;
}

/** For pages to style: `porthole-player::part(canvas)`. */
function name(parts: Readonly<Record<string, HTMLElement>>): void {
  for (const [part, node] of Object.entries(parts)) node.setAttribute("part", part);
}
