import { loadChartPart } from "./chart_part.ts";
import { element, setData, setText } from "./dom.ts";
import type { LatencyChart } from "./latency_chart.ts";
import { latencyStages, STAGE_NAMES, type StageName } from "./latency_stages.ts";
import { latencySplitText, latencyText, percentilesText, UNKNOWN } from "./stat_texts.ts";
import type { Report } from "./worker_messages.ts";

const STAGE_LABELS: Record<StageName, string> = {
  uplink: "Producer → server",
  network: "Server → here",
  decode: "Decoding",
  paint: "Painting",
};

const WHAT_IS_NOT_KNOWN =
  "Counted from when the producer has the whole picture. What the camera takes before that, for " +
  "its sensor, its encoder and its network, is not in it: cameras do not tell by a clock that " +
  "could be compared.";

/** How late the picture is: now, over the last minute, and where the time was spent. */
export class LatencyView implements Disposable {
  readonly element = element("section", "latency-view");
  readonly #now = element("strong", "latency-now", UNKNOWN);
  readonly #percentiles = element("span", "latency-percentiles", UNKNOWN);
  readonly #chartHost = element("div", "latency-chart");
  readonly #bar = element("div", "latency-bar");
  readonly #split = element("p", "latency-split", UNKNOWN);
  readonly #note = element("p", "latency-note");
  readonly #parts = new Map<StageName, { segment: HTMLElement; value: HTMLElement }>();
  #chart: LatencyChart | undefined;
  #isDisposed = false;

  constructor() {
    setData(this.#percentiles, "stat", "latency-minute");
    setData(this.#split, "stat", "latency-split");
    this.#chartHost.role = "img";
    this.#bar.ariaHidden = "true";
    this.element.append(
      element("p", "latency-head", this.#now, this.#percentiles),
      this.#chartHost,
      this.#bar,
      this.#stageList(),
      this.#split,
      this.#note,
    );
  }

  /** Loads what draws, the first time. Never rejects: without it the numbers are there. */
  async open(): Promise<void> {
    if (this.#chart !== undefined) return;
    try {
      const { LatencyChart } = await loadChartPart();
      if (this.#isDisposed || this.#chart !== undefined) return;
      setText(this.#chartHost, "");
      this.#chart = new LatencyChart(this.#chartHost);
    } catch {
      setText(this.#chartHost, "The chart could not be loaded; the numbers hold.");
    }
  }

  show(report: Report | undefined): void {
    setText(this.#now, latencyText(report));
    setText(this.#percentiles, percentilesText(report?.minute));
    setText(this.#split, latencySplitText(report));
    setText(this.#note, noteText(report));
    this.#showStages(report);
    if (report?.minute === undefined) return;
    this.#chartHost.ariaLabel = `Latency of the last minute: ${percentilesText(report.minute)}`;
    this.#chart?.show(report.minute);
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#chart?.[Symbol.dispose]();
    this.#chart = undefined;
  }

  #stageList(): HTMLElement {
    const list = element("dl", "latency-stages");
    const camera = element("dd", "", "not known");
    list.append(element("div", "stage-camera", element("dt", "", "Camera → producer"), camera));
    for (const name of STAGE_NAMES) {
      const segment = element("span", "latency-segment");
      const value = element("dd", "", UNKNOWN);
      setData(segment, "stage", name);
      setData(value, "stat", `latency-${name}`);
      const row = element("div", "", element("dt", "", STAGE_LABELS[name]), value);
      setData(row, "stage", name);
      this.#bar.append(segment);
      this.#parts.set(name, { segment, value });
      list.append(row);
    }
    return list;
  }

  #showStages(report: Report | undefined): void {
    const stages = report === undefined
      ? undefined
      : latencyStages({ ...report.stats, uplinkMs: report.uplinkMs });
    this.#bar.hidden = stages === undefined;
    for (const [name, { segment, value }] of this.#parts) {
      setText(value, stages === undefined ? UNKNOWN : `${stages[name].toFixed(1)} ms`);
      segment.style.flexGrow = String(stages?.[name] ?? 0);
    }
  }
}

function noteText(report: Report | undefined): string {
  const errorMs = report?.clockErrorMs;
  if (errorMs === undefined) return WHAT_IS_NOT_KNOWN;
  return `${WHAT_IS_NOT_KNOWN} Clocks here and at the server agree to ±${errorMs.toFixed(1)} ms.`;
}
