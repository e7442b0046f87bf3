/**
 * Moves `epochNowMs` on without waiting, until it is disposed of. Timers keep their own time: what
 * follows from a moved clock is seen at the next tick of whoever looks at it.
 */
export class ClockShift implements Disposable {
  readonly #now = performance.now;
  #shiftMs = 0;

  constructor() {
    performance.now = () => this.#now.call(performance) + this.#shiftMs;
  }

  advance(ms: number): void {
    this.#shiftMs += ms;
  }

  [Symbol.dispose](): void {
    performance.now = this.#now;
  }
}
