import type { MediaFailure, MediaFrame, ShownFrame } from "./media/media_frame.ts";
import type { MediaScreen } from "./media/media_screen.ts";
import type { PageToWorker } from "./worker_messages.ts";

/** Beside this very script, whatever page it is in; loaded where it is needed alone. */
const BUNDLE = "media_source.js";

export interface MediaPortOptions {
  /** What shows the pictures otherwise. */
  readonly canvas: HTMLCanvasElement;
  readonly tell: (message: PageToWorker) => void;
  /** When the element that shows the picture is another one. */
  readonly onChange: () => void;
}

/**
 * The page's end of the way to a media element: loads what plays by Media Source when the first
 * frame for it comes, and has the `<video>` in the place of the canvas while that shows the picture.
 */
export class MediaPort implements Disposable {
  readonly #options: MediaPortOptions;
  readonly #following: MutationObserver;
  #screen: MediaScreen | undefined;
  #loading: Promise<void> | undefined;
  #waiting: MediaFrame[] = [];
  #smoothingMs: number;
  #isShown = false;
  #isDisposed = false;

  constructor(options: MediaPortOptions, smoothingMs: number) {
    this.#options = options;
    this.#smoothingMs = smoothingMs;
    this.#following = new MutationObserver(() => this.#followCanvas());
  }

  /** The `<video>` while it shows the picture. */
  get video(): HTMLVideoElement | undefined {
    return this.#isShown ? this.#screen?.element : undefined;
  }

  set smoothingMs(smoothingMs: number) {
    this.#smoothingMs = smoothingMs;
    if (this.#screen !== undefined) this.#screen.smoothingMs = smoothingMs;
  }

  show(frame: MediaFrame): void {
    if (this.#isDisposed) return;
    if (this.#screen === undefined) this.#waiting.push(frame);
    else this.#screen.show(frame);
    if (this.#screen === undefined) this.#loading ??= this.#load();
  }

  /** The canvas shows the picture again. Twice is fine. */
  end(): void {
    this.#following.disconnect();
    this.#waiting = [];
    this.#screen?.[Symbol.dispose]();
    this.#screen = undefined;
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#options.canvas.hidden = false;
    this.#options.onChange();
  }

  /** The picture that the video shows; `undefined` while the canvas shows it. */
  capture(): Promise<Blob> | undefined {
    return this.#isShown ? this.#screen?.capture() : undefined;
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.end();
  }

  async #load(): Promise<void> {
    try {
      const url = new URL(BUNDLE, import.meta.url).href;
      const { MediaScreen }: typeof import("./media_source.ts") = await import(url);
      // What it was for may have gone meanwhile.
      if (!this.#isDisposed && this.#waiting.length > 0) this.#begin(MediaScreen);
    } catch (cause) {
      this.#failed({ reason: `could not be loaded: ${cause}`, isFinal: true });
    } finally {
      this.#loading = undefined;
    }
  }

  #begin(Screen: typeof MediaScreen): void {
    const { canvas, tell } = this.#options;
    const screen = new Screen({
      smoothingMs: this.#smoothingMs,
      onShown: (shown) => this.#shown(shown),
      onAlive: () => tell({ type: "media-alive" }),
      onFailure: (failure) => this.#failed(failure),
    });
    this.#screen = screen;
    const video = screen.element;
    video.className = `${canvas.className} picture-coming`;
    video.ariaLabel = canvas.ariaLabel;
    video.setAttribute("part", canvas.getAttribute("part") ?? "");
    canvas.after(video);
    this.#followCanvas();
    this.#following.observe(canvas, { attributes: true, attributeFilter: ["style"] });
    for (const frame of this.#waiting.splice(0)) screen.show(frame);
  }

  #shown(shown: ShownFrame): void {
    if (!this.#isShown && this.#screen !== undefined) {
      this.#isShown = true;
      this.#screen.element.classList.remove("picture-coming");
      this.#options.canvas.hidden = true;
      this.#options.onChange();
    }
    this.#options.tell({ type: "media-shown", shown });
  }

  #failed(failure: MediaFailure): void {
    this.end();
    this.#options.tell({ type: "media-failed", failure });
  }

  /** Where the canvas would be, and as large: it is what is zoomed and fitted into the page. */
  #followCanvas(): void {
    if (this.#screen === undefined) return;
    this.#screen.element.style.cssText = this.#options.canvas.style.cssText;
  }
}
