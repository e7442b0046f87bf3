const SHOWN_MS = 4000;

/** Something that is said over the picture for a moment. */
export class Notice implements Disposable {
  readonly #onChange: () => void;
  #text = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Empty while there is none. */
  get text(): string {
    return this.#text;
  }

  say(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#change(""), SHOWN_MS);
    this.#change(text);
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #change(text: string): void {
    this.#text = text;
    this.#onChange();
  }
}
