import { element, setText } from "./dom.ts";
import type { Presence } from "./presence.ts";
import type { QualityView } from "./quality_view.ts";
import { STAT_NAMES, type StatName, statTexts } from "./stat_texts.ts";
import type { Report } from "./worker_messages.ts";

const LABELS: Record<StatName, string> = {
  latency: "Latency",
  fps: "Frames a second",
  resolution: "Resolution",
  rendition: "Rendition",
  reason: "Chosen because",
  bandwidth: "Bandwidth",
  frames: "Frames",
  dropped: "Dropped",
  skipped: "Skipped",
  buffer: "Buffer",
  decoder: "Decoder",
  way: "Decoded by",
  join: "Joined in",
  state: "State",
};

/** The statistics of a player, in rows. They are kept up while hidden. */
export class StatsPanel {
  readonly element = element("dl", "stats-panel");
  readonly #values = new Map<StatName, HTMLElement>();

  constructor() {
    this.element.hidden = true;
    for (const name of STAT_NAMES) {
      const value = element("dd", "");
      // The badge that always shows is the latency; this row adds how it splits.
      value.dataset["stat"] = name === "latency" ? "latency-split" : name;
      this.#values.set(name, value);
      this.element.append(element("div", "stat", element("dt", "", LABELS[name]), value));
    }
  }

  get visible(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    this.element.hidden = !this.element.hidden;
    // Below a picture that fills the window it would open unseen.
    if (this.visible) this.element.scrollIntoView({ block: "nearest" });
  }

  show(report: Report | undefined, presence: Presence, quality: QualityView): void {
    const texts = statTexts(report, presence, quality);
    for (const [name, value] of this.#values) setText(value, texts[name]);
  }
}
