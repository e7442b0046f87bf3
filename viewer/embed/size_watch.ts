import type { PictureSize } from "../display_box.ts";
import { UsefulSize } from "./useful_size.ts";

export interface SizeWatchOptions {
  /** In the page, until `signal` aborts. */
  readonly player: HTMLElement & { readonly fit: string };
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

/** How large a picture a player has use for, as it is laid out now and as that changes. */
export class SizeWatch {
  readonly #options: SizeWatchOptions;
  readonly #useful = new UsefulSize();
  #current: PictureSize | undefined;

  constructor(options: SizeWatchOptions) {
    this.#options = options;
    const { player, signal } = options;
    const observer = new ResizeObserver(() => this.look());
    observer.observe(player);
    signal.addEventListener("abort", () => observer.disconnect());
    // A page that is zoomed has other pixels, and may leave the player as large as it was.
    addEventListener("resize", () => this.look(), { signal });
    this.#current = this.#measure();
  }

  /** Device pixels; `undefined` before it is laid out. */
  get current(): PictureSize | undefined {
    return this.#current;
  }

  /** Of the picture, in any unit. */
  set shape(shape: PictureSize) {
    this.#useful.shape = shape;
    this.look();
  }

  look(): void {
    const before = this.#current;
    this.#current = this.#measure();
    if (this.#current !== before) this.#options.onChange();
  }

  #measure(): PictureSize | undefined {
    const { clientWidth, clientHeight, fit } = this.#options.player;
    this.#useful.box = { widthPx: clientWidth, heightPx: clientHeight };
    this.#useful.isFilling = fit === "cover" || fit === "fill";
    this.#useful.pixelRatio = devicePixelRatio;
    return this.#useful.current;
  }
}
