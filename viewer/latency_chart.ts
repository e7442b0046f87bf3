import uPlot from "uplot";
import type { LatencyMinute } from "./latency_history.ts";

/** As the style sheet keeps free for it. */
const HEIGHT_REM = 5.25;
/** A calm line at the bottom, until something is worth the height. */
const MIN_RANGE_MS = 100;
/** uPlot's measures are px, the page's grow with its type. */
const USUAL_REM_PX = 16;

/**
 * The last minute as a line: each second's middle, and above it, as a shade, its latest picture. A
 * bundle of its own, loaded when statistics are opened first.
 */
export class LatencyChart implements Disposable {
  readonly #host: HTMLElement;
  readonly #resizing: ResizeObserver;
  #remPx = remPx();
  #plot: uPlot;

  /** @param host whose width it takes; it stays inside until it is disposed of */
  constructor(host: HTMLElement) {
    this.#host = host;
    this.#plot = new uPlot(optionsFor(host, this.#remPx), [[], [], []], host);
    this.#resizing = new ResizeObserver(() => this.#fit());
    this.#resizing.observe(host);
  }

  show({ seconds }: LatencyMinute): void {
    const lastMs = seconds.at(-1)?.atMs ?? 0;
    this.#plot.setData([
      seconds.map(({ atMs }) => (atMs - lastMs) / 1000),
      seconds.map(({ worstMs }) => worstMs),
      seconds.map(({ medianMs }) => medianMs),
    ]);
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    this.#resizing.disconnect();
    this.#plot.destroy();
  }

  /** Its type cannot be changed: for another screen it is made anew. */
  #fit(): void {
    const { clientWidth: widthPx } = this.#host;
    if (this.#remPx !== remPx()) {
      const { data } = this.#plot;
      this.#plot.destroy();
      this.#remPx = remPx();
      this.#plot = new uPlot(optionsFor(this.#host, this.#remPx), data, this.#host);
    } else if (widthPx > 0 && widthPx !== this.#plot.width) {
      this.#plot.setSize({ width: widthPx, height: this.#plot.height });
    }
  }
}

/** The size of the page's type. */
function remPx(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function optionsFor(host: HTMLElement, remPx: number): uPlot.Options {
  const px = (usualPx: number) => usualPx * remPx / USUAL_REM_PX;
  const colours = getComputedStyle(host);
  const colour = (name: string) => colours.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--quiet"),
    font: `${px(11)}px system-ui, sans-serif`,
    ticks: { show: false },
  };
  return {
    width: Math.max(host.clientWidth, 1),
    height: HEIGHT_REM * remPx,
    padding: [px(6), px(14), 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-59, 0] },
      y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, MIN_RANGE_MS)] },
    },
    axes: [
      {
        ...axis,
        size: px(20),
        gap: px(4),
        grid: { show: false },
        splits: [-59, -30, 0],
        values: () => ["1 min ago", "30 s", "now"],
      },
      {
        ...axis,
        size: px(52),
        gap: px(6),
        space: px(30),
        grid: { stroke: colour("--edge"), width: 1 },
        // The line at the bottom is nothing, as one sees.
        values: (_plot, splits) => splits.map((ms) => ms === 0 ? "" : `${ms} ms`),
      },
    ],
    series: [
      {},
      {
        stroke: "transparent",
        width: 0,
        points: { show: false },
        fill: colour("--accent-shade"),
      },
      { stroke: colour("--accent"), width: 2, points: { show: false } },
    ],
  };
}
