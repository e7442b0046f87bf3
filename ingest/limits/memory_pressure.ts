/** `short`: no more viewers. `scarce`: no more streams either. */
export type MemoryLevel = "enough" | "short" | "scarce";

/** Of the limit, from here up. What is there needs the rest, for it has its ups and downs. */
const SHORT_FROM = 0.8;
const SCARCE_FROM = 0.9;
/** So much below that it is over again: not with each look another answer. */
const STEP_BACK = 0.05;

/** How much memory is left, as far as anybody has to act on it. Pure. */
export class MemoryPressure {
  readonly #limitBytes: number;
  #level: MemoryLevel = "enough";

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  look(usedBytes: number): MemoryLevel {
    const share = usedBytes / this.#limitBytes;
    const isAtLeast = (from: number, isAlready: boolean) =>
      share >= (isAlready ? from - STEP_BACK : from);
    const isScarce = isAtLeast(SCARCE_FROM, this.#level === "scarce");
    const isShort = isScarce || isAtLeast(SHORT_FROM, this.#level !== "enough");
    return this.#level = isScarce ? "scarce" : isShort ? "short" : "enough";
  }
}
