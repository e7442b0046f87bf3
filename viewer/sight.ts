/** What is scrolled past is not worth a pause; what is out of sight ends well within 1 s. */
const LOST_AFTER_MS = 400;

/** Whether anybody can see something: its tab shows, and it is in the part that shows. */
export class Sight implements Disposable {
  readonly #onChange: () => void;
  readonly #lifetime = new AbortController();
  #isInView = true;
  #leaving: ReturnType<typeof setTimeout> | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    const { signal } = this.#lifetime;
    document.addEventListener("visibilitychange", () => onChange(), { signal });
  }

  get isSeen(): boolean {
    return this.#isInView && !document.hidden;
  }

  /** Into the part that shows at once, out of it after a moment. */
  setInView(isInView: boolean): void {
    clearTimeout(this.#leaving);
    if (isInView) return this.#change(true);
    this.#leaving = setTimeout(() => this.#change(false), LOST_AFTER_MS);
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    this.#lifetime.abort();
    clearTimeout(this.#leaving);
  }

  #change(isInView: boolean): void {
    if (isInView === this.#isInView) return;
    this.#isInView = isInView;
    this.#onChange();
  }
}
