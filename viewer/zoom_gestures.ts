import type { Point } from "./zoom.ts";

export interface ZoomGestureHandlers {
  /** Whether the picture can be zoomed now. */
  isOn(): boolean;
  isZoomed(): boolean;
  /** What is under `at` stays there. */
  onZoom(factor: number, at: Point): void;
  onPan(way: Point): void;
  /** Close up, or the whole again. */
  onToggle(at: Point): void;
  /** Of a mouse. */
  onDoubleClick(): void;
}

/** e-fold of a wheel's way, px: a notch of 100 px makes the picture 1.28 times as large. */
const WHEEL_FOLD_PX = 400;
/** Trackpads tell a pinch as a wheel with Ctrl, in small steps. */
const PINCH_FOLD_PX = 100;
const LINE_PX = 40;
const DOUBLE_TAP_MS = 320;
const TAP_WITHIN_PX = 24;

interface Tap {
  readonly at: Point;
  readonly atMs: number;
}

/** Wheel, pinch, drag and double tap on a picture. */
export class ZoomGestures {
  readonly #box: HTMLElement;
  readonly #handlers: ZoomGestureHandlers;
  readonly #pointers = new Map<number, Point>();
  #down: Tap | undefined;
  #tapped: Tap | undefined;
  #isTouched = false;

  /** @param box what the picture is shown in; it does not grow with it */
  constructor(box: HTMLElement, handlers: ZoomGestureHandlers, signal: AbortSignal) {
    this.#box = box;
    this.#handlers = handlers;
    box.addEventListener("wheel", (event) => this.#wheeled(event), { signal, passive: false });
    box.addEventListener("pointerdown", (event) => this.#pressed(event), { signal });
    box.addEventListener("pointermove", (event) => this.#moved(event), { signal });
    box.addEventListener("pointerup", (event) => this.#released(event), { signal });
    box.addEventListener("dblclick", (event) => this.#doubleClicked(event), { signal });
    box.addEventListener("pointercancel", ({ pointerId }) => this.#pointers.delete(pointerId), {
      signal,
    });
  }

  #wheeled(event: WheelEvent): void {
    if (!this.#handlers.isOn()) return;
    const linePx = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    const foldPx = event.ctrlKey ? PINCH_FOLD_PX : WHEEL_FOLD_PX;
    const factor = Math.exp(-event.deltaY * linePx / foldPx);
    // The whole picture gets no smaller: the page may scroll.
    if (factor <= 1 && !this.#handlers.isZoomed() && !event.ctrlKey) return;
    event.preventDefault();
    this.#handlers.onZoom(factor, this.#pointOf(event));
  }

  /** Browsers make one of a double tap, too, which has zoomed already. */
  #doubleClicked(event: MouseEvent): void {
    if (!this.#isTouched && this.#handlers.isOn() && isOnPicture(event)) {
      this.#handlers.onDoubleClick();
    }
  }

  #pressed(event: PointerEvent): void {
    this.#isTouched = event.pointerType === "touch";
    if (!this.#handlers.isOn() || event.button !== 0 || !isOnPicture(event)) return;
    const at = this.#pointOf(event);
    this.#pointers.set(event.pointerId, at);
    this.#down = this.#pointers.size === 1 ? { at, atMs: event.timeStamp } : undefined;
    if (this.#handlers.isZoomed()) this.#box.setPointerCapture(event.pointerId);
  }

  #moved(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = this.#pointOf(event);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (other === undefined) {
      if (this.#handlers.isZoomed()) this.#handlers.onPan(wayFrom(before, now));
      return;
    }
    this.#handlers.onPan(wayFrom(middleOf(before, other), middleOf(now, other)));
    const was = distance(before, other);
    if (was > 0) this.#handlers.onZoom(distance(now, other) / was, middleOf(now, other));
  }

  #released(event: PointerEvent): void {
    if (!this.#pointers.delete(event.pointerId)) return;
    const at = this.#pointOf(event);
    const isTap = this.#down !== undefined && distance(this.#down.at, at) <= TAP_WITHIN_PX;
    this.#down = undefined;
    if (event.pointerType !== "touch" || !isTap) return;
    const first = this.#tapped;
    this.#tapped = { at, atMs: event.timeStamp };
    const isSecond = first !== undefined && event.timeStamp - first.atMs <= DOUBLE_TAP_MS &&
      distance(first.at, at) <= TAP_WITHIN_PX;
    if (!isSecond) return;
    this.#tapped = undefined;
    this.#handlers.onToggle(at);
  }

  #pointOf({ clientX, clientY }: MouseEvent): Point {
    const { left, top, width, height } = this.#box.getBoundingClientRect();
    return { xPx: clientX - left - width / 2, yPx: clientY - top - height / 2 };
  }
}

/** Buttons and texts over it are for pressing and for selecting. */
function isOnPicture({ target }: MouseEvent): boolean {
  return target instanceof Element && target.closest("button, select, a, .label") === null;
}

function wayFrom(from: Point, to: Point): Point {
  return { xPx: to.xPx - from.xPx, yPx: to.yPx - from.yPx };
}

function middleOf(a: Point, b: Point): Point {
  return { xPx: (a.xPx + b.xPx) / 2, yPx: (a.yPx + b.yPx) / 2 };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.xPx - b.xPx, a.yPx - b.yPx);
}
