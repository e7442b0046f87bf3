import uPlot from "uplot";
import type { LatencyMinute } from "./latency_history.ts";

const HEIGHT_PX = 84;
/** A calm line at the bottom, until something is worth the height. */
const MIN_RANGE_MS = 100;
const FONT = "11px system-ui, sans-serif";

/**
 * The last minute as a line: each second's middle, and above it, as a shade, its latest picture. A
 * bundle of its own, loaded when statistics are opened first.
 */
export class LatencyChart implements Disposable {
  readonly #plot: uPlot;
  readonly #resizing: ResizeObserver;

  /** @param host whose width it takes; it stays inside until it is disposed of */
  constructor(host: HTMLElement) {
    this.#plot = new uPlot(optionsFor(host), [[], [], []], host);
    this.#resizing = new ResizeObserver(() => this.#fit(host.clientWidth));
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

  #fit(widthPx: number): void {
    if (widthPx > 0 && widthPx !== this.#plot.width) {
      this.#plot.setSize({ width: widthPx, height: HEIGHT_PX });
    }
  }
}

function optionsFor(host: HTMLElement): uPlot.Options {
  const colours = getComputedStyle(host);
  const colour = (name: string) => colours.getPropertyValue(name).trim();
  const axis = { stroke: colour("--quiet"), font: FONT, ticks: { show: false } };
  return {
    width: Math.max(host.clientWidth, 1),
    height: HEIGHT_PX,
    padding: [6, 14, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-59, 0] },
      y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, MIN_RANGE_MS)] },
    },
    axes: [
      {
        ...axis,
        size: 20,
        gap: 4,
        grid: { show: false },
        splits: [-59, -30, 0],
        values: () => ["1 min ago", "30 s", "now"],
      },
      {
        ...axis,
        size: 52,
        gap: 6,
        space: 30,
        grid: { stroke: colour("--edge"), width: 1 },
        values: (_plot, splits) => splits.map((ms) => `${ms} ms`),
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
