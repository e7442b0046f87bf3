import type { Page } from "playwright-core";
import { CLOCK_CELL_PX, CLOCK_WIDTH_PX, clockAgeMs, readClock } from "../camera/clock_pattern.ts";

/** What the canvas showed in one animation frame. */
export interface Look {
  /** Since the epoch. */
  readonly atMs: number;
  /** By the camera's own clock in the picture, ms; `undefined` when that cannot be read. */
  readonly ageMs: number | undefined;
  /** Whether the picture is another one than at the look before. */
  readonly isNew: boolean;
  /** What the player says it shows; empty before the first picture. */
  readonly rendition: string;
}

export interface PictureLogOptions {
  readonly stream: string;
  /** Of the camera's picture, px: what is shown may be smaller, and so are the cells of its clock. */
  readonly widthPx: number;
  readonly heightPx: number;
}

interface RawLook {
  readonly atMs: number;
  readonly rendition: string;
  /** Brightness in the middle of each cell of the clock, 0 to 255. */
  readonly cellLumas: readonly number[];
}

/** Looks until they are taken; more than two minutes of them are not kept. */
const MAX_LOOKS = 8_000;

/**
 * Runs in the page, at each animation frame. It stretches what the canvas shows to the camera's own
 * size, so that the clock is where the camera drew it whatever the rendition's size.
 */
const WATCH_IN_PAGE = `(options) => {
  const player = document.querySelector('figure.player[data-stream="' + options.stream + '"]');
  const canvas = player.querySelector("canvas");
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  copy.canvas.width = options.clockWidthPx;
  copy.canvas.height = options.cellPx;
  const looks = [];
  const watch = { looks, isStopped: false };
  const look = () => {
    if (watch.isStopped) return;
    requestAnimationFrame(look);
    if (canvas.width === 0 || looks.length === options.maxLooks) return;
    copy.drawImage(canvas, 0, 0, options.widthPx, options.heightPx);
    const { data } = copy.getImageData(0, options.cellPx / 2, options.clockWidthPx, 1);
    const cellLumas = [];
    for (let x = options.cellPx / 2; x < options.clockWidthPx; x += options.cellPx) {
      cellLumas.push(Math.round((data[4 * x] + data[4 * x + 1] + data[4 * x + 2]) / 3));
    }
    const atMs = performance.timeOrigin + performance.now();
    looks.push({ atMs, rendition: player.dataset.rendition ?? "", cellLumas });
  };
  globalThis.portholePictureWatch = watch;
  look();
}`;

/** Everything that one player of a page shows, looked at in each animation frame. */
export class PictureLog implements AsyncDisposable {
  readonly #page: Page;
  #lastCells: readonly number[] = [];

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Watches from now on; one log a page. */
  static async start(
    page: Page,
    { stream, widthPx, heightPx }: PictureLogOptions,
  ): Promise<PictureLog> {
    const options = JSON.stringify({
      ...{ stream, widthPx, heightPx },
      ...{ cellPx: CLOCK_CELL_PX, clockWidthPx: CLOCK_WIDTH_PX, maxLooks: MAX_LOOKS },
    });
    await page.evaluate(`(${WATCH_IN_PAGE})(${options})`);
    return new PictureLog(page);
  }

  /** What was shown since the last time, the oldest first. Call it every minute or oftener. */
  async take(): Promise<Look[]> {
    const raw = await this.#page.evaluate<RawLook[]>("portholePictureWatch.looks.splice(0)");
    return raw.map((look) => this.#read(look));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#page.isClosed()) {
      await this.#page.evaluate("void (portholePictureWatch.isStopped = true)");
    }
  }

  #read({ atMs, rendition, cellLumas }: RawLook): Look {
    const isNew = cellLumas.some((luma, cell) => luma !== this.#lastCells[cell]);
    this.#lastCells = cellLumas;
    // One px a cell: that is how they came.
    const clockMs = readClock((cell) => cellLumas[cell] ?? NaN, 1);
    const ageMs = clockMs === undefined ? undefined : clockAgeMs(clockMs, atMs);
    return { atMs, rendition, isNew, ageMs };
  }
}
