import type { PictureSize } from "./display_box.ts";
import { element, setText } from "./dom.ts";
import { isZoomed, pannedBy, type Point, WHOLE, type Zoom, zoomedAt } from "./zoom.ts";
import { ZoomGestures } from "./zoom_gestures.ts";

export interface ZoomViewOptions {
  /** Whether there is a picture to zoom. */
  readonly isOn: () => boolean;
  /** Of a mouse, on the picture; fingers zoom by it. */
  readonly onDoubleClick: () => void;
  readonly signal: AbortSignal;
}

const KEY_FACTOR = 1.4;
const TOGGLED_SCALE = 2.5;
/** Of the box, by one press of an arrow. */
const KEY_PAN = 0.15;
const CENTRE: Point = { xPx: 0, yPx: 0 };

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { xPx: 1, yPx: 0 },
  ArrowRight: { xPx: -1, yPx: 0 },
  ArrowUp: { xPx: 0, yPx: 1 },
  ArrowDown: { xPx: 0, yPx: -1 },
};

/** A picture that can be looked at closely, by gestures and by keys. */
export class ZoomView {
  /** How close; pressing it shows the whole again. */
  readonly badge = element("button", "zoom-badge");
  readonly #box: HTMLElement;
  readonly #picture: HTMLElement;
  readonly #isOn: () => boolean;
  #zoom: Zoom = WHOLE;

  /** @param box what `picture` is shown in, and clipped by */
  constructor(
    box: HTMLElement,
    picture: HTMLElement,
    { isOn, onDoubleClick, signal }: ZoomViewOptions,
  ) {
    this.#box = box;
    this.#picture = picture;
    this.#isOn = isOn;
    this.badge.type = "button";
    this.badge.dataset["action"] = "zoom";
    this.badge.setAttribute("aria-keyshortcuts", "0");
    this.badge.title = "Show the whole picture";
    this.badge.addEventListener("click", () => this.reset());
    this.#apply(WHOLE);
    new ZoomGestures(box, {
      isOn,
      isZoomed: () => isZoomed(this.#zoom),
      onZoom: (factor, at) => this.#apply(zoomedAt(this.#zoom, factor, at, this.#size)),
      onPan: (way) => this.#apply(pannedBy(this.#zoom, way, this.#size)),
      onToggle: (at) => this.#toggle(at),
      onDoubleClick,
    }, signal);
  }

  /** The whole picture. */
  reset(): void {
    if (isZoomed(this.#zoom)) this.#apply(WHOLE);
  }

  /** Whether the key was for this. */
  press({ key }: KeyboardEvent): boolean {
    if (!this.#isOn()) return false;
    if (key === "+" || key === "=") return this.#grow(KEY_FACTOR);
    if (key === "-") return this.#grow(1 / KEY_FACTOR);
    if (key === "0") return this.#grow(0);
    const arrow = ARROWS[key];
    if (arrow === undefined || !isZoomed(this.#zoom)) return false;
    const { widthPx, heightPx } = this.#size;
    const way = { xPx: arrow.xPx * widthPx * KEY_PAN, yPx: arrow.yPx * heightPx * KEY_PAN };
    this.#apply(pannedBy(this.#zoom, way, this.#size));
    return true;
  }

  #grow(factor: number): true {
    this.#apply(zoomedAt(this.#zoom, factor, CENTRE, this.#size));
    return true;
  }

  #toggle(at: Point): void {
    const zoomed = zoomedAt(WHOLE, TOGGLED_SCALE, at, this.#size);
    this.#apply(isZoomed(this.#zoom) ? WHOLE : zoomed);
  }

  get #size(): PictureSize {
    return { widthPx: this.#box.clientWidth, heightPx: this.#box.clientHeight };
  }

  #apply(zoom: Zoom): void {
    this.#zoom = zoom;
    const { scale, centre: { xPx, yPx } } = zoom;
    const isClose = isZoomed(zoom);
    this.#picture.style.transform = isClose ? `translate(${xPx}px, ${yPx}px) scale(${scale})` : "";
    this.#box.dataset["zoomed"] = String(isClose);
    this.badge.hidden = !isClose;
    setText(this.badge, `${scale.toFixed(1)} ×`);
    this.badge.ariaLabel = `Zoomed in ${scale.toFixed(1)} times; show the whole picture`;
  }
}
