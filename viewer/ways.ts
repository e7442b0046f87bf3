/** How pictures come about, the best first. */
export const WAYS = ["webcodecs", "mse", "jpeg"] as const;

/**
 * `webcodecs`: decoded in the worker and painted on the canvas. `mse`: H.264 in a `<video>`, by
 * Media Source. `jpeg`: the rendition of JPEGs, on the canvas.
 */
export type Way = typeof WAYS[number];

/** `auto`, or what the user chose. */
export type WayChoice = "auto" | Way;

export const WAY_NAMES: Readonly<Record<Way, string>> = {
  webcodecs: "WebCodecs",
  mse: "Media Source",
  jpeg: "JPEG",
};

/** Why this browser lacks a way; `undefined` when it has it. */
export type MissingWays = Readonly<Record<"webcodecs" | "mse", string | undefined>>;

/**
 * Which way is gone: the user's choice where it can be, else the best one that this browser has and
 * that has not failed; and why. Pure.
 */
export class Ways {
  readonly #missing: MissingWays;
  readonly #failed = new Map<Way, string>();
  #choice: WayChoice;

  constructor(missing: MissingWays, choice: WayChoice) {
    this.#missing = missing;
    this.#choice = choice;
  }

  get way(): Way {
    return this.#order.find((way) => this.#problemOf(way) === undefined) ?? "jpeg";
  }

  /** In words, for behind the name of the way. */
  get reason(): string {
    const { way } = this;
    if (way === this.#choice) return "chosen by hand";
    const passedOver = this.#order.slice(0, this.#order.indexOf(way));
    const problems = passedOver.map((other) => `${WAY_NAMES[other]} ${this.#problemOf(other)}`);
    return problems.length === 0 ? "the best that this browser has" : problems.join("; ");
  }

  /** What failed before may be tried again. */
  choose(choice: WayChoice): void {
    this.#choice = choice;
    this.#failed.clear();
  }

  /** A way that did not do is not gone again until the user chooses. JPEG is the last resort. */
  fail(way: Way, why: string): void {
    if (way !== "jpeg") this.#failed.set(way, why);
  }

  get #order(): readonly Way[] {
    const choice = this.#choice;
    return choice === "auto" ? WAYS : [choice, ...WAYS.filter((way) => way !== choice)];
  }

  #problemOf(way: Way): string | undefined {
    return way === "jpeg" ? undefined : this.#missing[way] ?? this.#failed.get(way);
  }
}
