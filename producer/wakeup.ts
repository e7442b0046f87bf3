/** Lets one waiter sleep until there is something to do. A wake with nobody waiting is kept. */
export class Wakeup {
  #isPending = false;
  #resume: (() => void) | undefined;

  wake(): void {
    this.#isPending = true;
    this.#resume?.();
  }

  /** Resolves at the next wake, or at once if there was one since the last wait. */
  async wait(): Promise<void> {
    if (!this.#isPending) await new Promise<void>((resolve) => this.#resume = resolve);
    this.#isPending = false;
    this.#resume = undefined;
  }
}
