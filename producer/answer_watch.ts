export interface AnswerWatchOptions {
  readonly withinMs: number;
  /** The first answer may take longer, ms. */
  readonly firstWithinMs: number;
  /** So many questions may be open however long: an answer may need those after it. */
  readonly mayBeOpen: number;
}

/**
 * Whether somebody who is asked again and again has stopped to answer. Not every question has an
 * answer of its own: any answer is one to all questions so far. Pure.
 */
export class AnswerWatch {
  readonly #options: AnswerWatchOptions;
  #openSinceMs: number | undefined;
  #open = 0;
  #hasAnswered = false;

  constructor(options: AnswerWatchOptions) {
    this.#options = options;
  }

  asked(nowMs: number): void {
    this.#openSinceMs ??= nowMs;
    this.#open++;
  }

  answered(): void {
    this.#hasAnswered = true;
    this.#openSinceMs = undefined;
    this.#open = 0;
  }

  isOverdue(nowMs: number): boolean {
    const { withinMs, firstWithinMs, mayBeOpen } = this.#options;
    if (this.#openSinceMs === undefined || this.#open <= mayBeOpen) return false;
    return nowMs - this.#openSinceMs > (this.#hasAnswered ? withinMs : firstWithinMs);
  }
}
