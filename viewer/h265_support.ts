import type { Way } from "./ways.ts";

/** The ways that decode what the browser decodes. */
export type VideoWay = Exclude<Way, "jpeg">;

/** Main profile of level 3.1: what whatever plays H.265 plays. */
export const PLAINEST_H265 = "hvc1.1.6.L93.B0";

/**
 * By which ways this browser plays H.265. What it claims counts until it turns out otherwise: not
 * every level or profile that a camera may send has been asked about. Pure.
 */
export class H265Support {
  readonly #claimed = new Map<VideoWay, boolean>();
  readonly #failed = new Set<VideoWay>();

  /** Whether it is known what the browser says of a way. */
  isKnown(way: Way): boolean {
    return way === "jpeg" || this.#claimed.has(way);
  }

  learn(way: VideoWay, isClaimed: boolean): void {
    this.#claimed.set(way, isClaimed);
  }

  plays(way: Way): boolean {
    return way !== "jpeg" && this.#claimed.get(way) === true && !this.#failed.has(way);
  }

  /** It is not asked for again by that way until the user chooses a way. */
  fail(way: Way): void {
    if (way !== "jpeg") this.#failed.add(way);
  }

  /** What failed before may be tried again. */
  retry(): void {
    this.#failed.clear();
  }
}
