const LINGER_MS = 10_000;

/**
 * Which renditions somebody uses, so that the producer makes no others. A rendition stays wanted
 * for ten seconds after its last user: a page that is reloaded finds it running. Pure.
 */
export class Demand {
  readonly #users = new Map<string, number>();
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

  /** In a stable order. */
  wanted(nowMs: number): string[] {
    for (const [rendition, untilMs] of this.#lingerUntilMs) {
      if (untilMs <= nowMs) this.#lingerUntilMs.delete(rendition);
    }
    return [...new Set([...this.#users.keys(), ...this.#lingerUntilMs.keys()])].sort();
  }

  get isIdle(): boolean {
    return this.#users.size === 0;
  }
}
