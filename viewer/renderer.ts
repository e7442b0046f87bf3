import type { Picture } from "./picture.ts";

/** Paints pictures on a canvas of the picture's own size, and keeps the last one. */
export class Renderer {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("the canvas has no 2D context");
    this.#canvas = canvas;
    this.#context = context;
  }

  /** The picture stays the caller's, to close. */
  paint(picture: Picture): void {
    const { widthPx, heightPx } = picture;
    // Setting a size clears the canvas, even to the same one.
    if (this.#canvas.width !== widthPx) this.#canvas.width = widthPx;
    if (this.#canvas.height !== heightPx) this.#canvas.height = heightPx;
    this.#context.drawImage(picture.image, 0, 0, widthPx, heightPx);
  }

  /** The last picture as a PNG, at its own size. */
  capture(): Promise<Blob> {
    return this.#canvas.convertToBlob({ type: "image/png" });
  }
}
