import { element, setText } from "./dom.ts";
import { LatencyView } from "./latency_view.ts";
import type { Presence } from "./presence.ts";
import type { QualityView } from "./quality_view.ts";
import { STAT_NAMES, type StatName, statTexts } from "./stat_texts.ts";
import type { Report } from "./worker_messages.ts";

const LABELS: Record<StatName, string> = {
  fps: "Frames a second",
  resolution: "Resolution",
  rendition: "Rendition",
  reason: "Chosen because",
  bandwidth: "Bandwidth",
  frames: "Frames",
  dropped: "Dropped",
  "dropped-here": "Dropped here",
  skipped: "Skipped",
  buffer: "Buffer",
  decoder: "Decoder",
  way: "Decoded by",
  join: "Joined in",
  reconnects: "Reconnects",
  state: "State",
};

/** The statistics of a player: its latency drawn, the rest in rows, which are kept up while hidden. */
export class StatsPanel implements Disposable {
  readonly element = element("div", "stats-panel");
  readonly #latency = new LatencyView();
  readonly #values = new Map<StatName, HTMLElement>();

  /**
   * @param settings what can be set, below what is measured
   * @param onCopy is called when somebody wants all of it as JSON
   */
  constructor(settings: HTMLElement, onCopy: () => void) {
    this.element.hidden = true;
    const rows = element("dl", "stat-rows");
    for (const name of STAT_NAMES) {
      const value = element("dd", "");
      value.dataset["stat"] = name;
      this.#values.set(name, value);
      rows.append(element("div", "stat", element("dt", "", LABELS[name]), value));
    }
    const copy = element("button", "stats-copy", "Copy as JSON");
    copy.type = "button";
    copy.dataset["action"] = "copy-stats";
    copy.title = "All of this and the last minute, for a bug report; no secrets";
    copy.addEventListener("click", onCopy);
    const toDo = element("div", "", settings, copy);
    this.element.append(this.#latency.element, rows, toDo);
  }

  get visible(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    this.element.hidden = !this.element.hidden;
    if (!this.visible) return;
    void this.#latency.open();
    // Below a picture that fills the window it would open unseen.
    this.element.scrollIntoView({ block: "nearest" });
  }

  show(report: Report | undefined, presence: Presence, quality: QualityView): void {
    const texts = statTexts(report, presence, quality);
    for (const [name, value] of this.#values) setText(value, texts[name]);
    if (this.visible) this.#latency.show(report);
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    this.#latency[Symbol.dispose]();
  }
}
