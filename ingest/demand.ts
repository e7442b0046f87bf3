const LINGER_MS = 10_000;

/**
 * Which renditions somebody uses, so that the producer makes no others. A rendition stays wanted
 * for ten seconds after its last user: a page that is reloaded finds it running. Pure.
 */
export class Demand {
  readonly #users = new Map<string, number>();
  /** By who holds them; they linger there. */
  readonly #elsewhere = new Map<number, readonly string[]>();
  readonly #lingerUntilMs = new Map<string, number>();

  constructor(readonly lingerMs: number = LINGER_MS) {}

  hold(rendition: string): void {
    this.#users.set(rendition, (this.#users.get(rendition) ?? 0) + 1);
  }

  release(rendition: string, nowMs: number): void {
    const users = (this.#users.get(rendition) ?? 0) - 1;
    if (users > 0) {
      this.#users.set(rendition, users);
      return;
    }
    this.#users.delete(rendition);
    this.#lingerUntilMs.set(rendition, nowMs + this.lingerMs);
  }

  /** What nobody uses any more is not wanted any longer. */
  forgetLingering(): void {
    this.#lingerUntilMs.clear();
  }

  /** All that users on another worker want now, in the place of what they wanted before. */
  holdFor(worker: number, renditions: readonly string[]): void {
    if (renditions.length > 0) this.#elsewhere.set(worker, renditions);
    else this.#elsewhere.delete(worker);
  }

  /** In a stable order. */
  wanted(nowMs: number): string[] {
    for (const [rendition, untilMs] of this.#lingerUntilMs) {
      if (untilMs <= nowMs) this.#lingerUntilMs.delete(rendition);
    }
    const here = [...this.#users.keys(), ...this.#lingerUntilMs.keys()];
    return [...new Set([...here, ...[...this.#elsewhere.values()].flat()])].sort();
  }

  get isIdle(): boolean {
    return this.#users.size === 0 && this.#elsewhere.size === 0;
  }
}
