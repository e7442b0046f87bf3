import { isGone } from "./quality_view.ts";
import type { Report } from "./worker_messages.ts";

/** A camera that comes back brings its renditions one after another. */
export const GONE_AFTER_MS = 3000;

/** Whether what the user chose has not been to be had for so long that it is given up. Pure. */
export class GoneChoice {
  #sinceMs: number | undefined;

  /** @param selected a rendition's name, or `"auto"` */
  isGivenUp(selected: string, report: Report, nowMs: number): boolean {
    if (!isGone(selected, report)) {
      this.#sinceMs = undefined;
      return false;
    }
    this.#sinceMs ??= nowMs;
    return nowMs - this.#sinceMs >= GONE_AFTER_MS;
  }
}
