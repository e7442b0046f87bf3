import { epochNowMs, type Frame } from "@porthole/protocol";
import type { Picture } from "./picture.ts";
import { PictureMirror } from "./picture_mirror.ts";
import { Playhead } from "./playhead.ts";
import { Renderer } from "./renderer.ts";
import { Smoother } from "./smoother.ts";

export interface CanvasScreenOptions {
  readonly canvas: OffscreenCanvas;
  /** How long pictures may wait for even intervals, ms. */
  readonly smoothingMs: number;
  /** The picture is closed when this returns. */
  readonly onPainted: (picture: Picture, paintedAtMs: number) => void;
}

/** A canvas that shows decoded pictures at the frames of the display, the newest that is due. */
export class CanvasScreen {
  readonly #canvas: OffscreenCanvas;
  readonly #onPainted: CanvasScreenOptions["onPainted"];
  readonly #renderer: Renderer;
  readonly #playhead = new Playhead<Picture>();
  readonly #smoother: Smoother;
  #mirror: PictureMirror | undefined;
  #animationFrame: number | undefined;
  #isBlank = true;

  constructor({ canvas, smoothingMs, onPainted }: CanvasScreenOptions) {
    this.#canvas = canvas;
    this.#onPainted = onPainted;
    this.#renderer = new Renderer(canvas);
    this.#smoother = new Smoother(smoothingMs);
  }

  /** Pictures that were never painted because a newer one was. */
  get overtaken(): number {
    return this.#playhead.overtaken;
  }

  /** Pictures that wait to be painted. */
  get waiting(): number {
    return this.#playhead.waiting;
  }

  set smoothingMs(smoothingMs: number) {
    this.#smoother.smoothingMs = smoothingMs;
  }

  /** The picture is the screen's from then on. */
  show(picture: Picture): void {
    const dueMs = picture.isReplayed
      ? undefined
      : this.#smoother.dueMs(capturedMsOf(picture.source.frame), epochNowMs());
    if (!this.#playhead.offer(picture, dueMs)) return;
    // A hidden tab has no animation frames, and a mirror is seen all the same.
    if (this.#mirror !== undefined) this.#paint();
    this.#paintSoon();
  }

  /** Writes what is painted into a track too, beginning with what is painted now. */
  mirrorTo(track: WritableStream<VideoFrame> | undefined): void {
    this.#mirror?.close();
    this.#mirror = track === undefined ? undefined : new PictureMirror(track);
    if (!this.#isBlank) this.#mirror?.show(this.#canvas);
  }

  /** The last picture as a PNG. */
  capture(): Promise<Blob> {
    return this.#renderer.capture();
  }

  /** Another publisher stamps by another clock. */
  sourceRestarted(): void {
    this.#playhead.sourceRestarted();
    this.#smoother.restart();
  }

  /** What waits is of no use any more; the painted picture stays. */
  clear(): void {
    if (this.#animationFrame !== undefined) cancelAnimationFrame(this.#animationFrame);
    this.#animationFrame = undefined;
    this.#playhead.clear();
    this.#smoother.restart();
  }

  /** Twice is fine. */
  close(): void {
    this.#mirror?.close();
    this.clear();
  }

  /**
   * Asked for when a picture is there, the animation frame comes at once in the running display
   * interval: in Chromium 156 that shows it 3 ms earlier at the median than painting at once, and
   * 12 ms earlier than from a loop that always runs.
   */
  #paintSoon(): void {
    if (this.#playhead.waiting === 0) return;
    this.#animationFrame ??= requestAnimationFrame(() => {
      this.#animationFrame = undefined;
      this.#paint();
      this.#paintSoon();
    });
  }

  #paint(): void {
    const picture = this.#playhead.take(epochNowMs());
    if (picture === undefined) return;
    this.#renderer.paint(picture);
    this.#isBlank = false;
    this.#mirror?.show(picture.image);
    this.#onPainted(picture, epochNowMs());
    picture.close();
  }
}

/** By the camera's own clock where there is one: of what is on the way it knows nothing. */
function capturedMsOf({ pts, timestamp }: Frame): number {
  return pts === undefined ? timestamp : pts / 1000;
}
