/** So many at a time, and no more. */
export class Slots {
  #taken = 0;

  constructor(readonly max: number) {}

  /** One of them, until it is disposed of; `undefined` when there is none. */
  take(): Disposable | undefined {
    if (this.#taken >= this.max) return undefined;
    this.#taken++;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#taken--;
        isHeld = false;
      },
    };
  }
}
