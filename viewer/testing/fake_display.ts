/** `OffscreenCanvas` and animation frames, as far as the viewer uses them, until it is disposed of. */
export class FakeDisplay implements Disposable {
  /** The images drawn, in their order. */
  readonly drawn: object[] = [];
  readonly #real = {
    OffscreenCanvas: globalThis.OffscreenCanvas,
    requestAnimationFrame: globalThis.requestAnimationFrame,
    cancelAnimationFrame: globalThis.cancelAnimationFrame,
  };

  constructor() {
    const { drawn } = this;
    class FakeCanvas {
      width = 0;
      height = 0;

      getContext() {
        return { drawImage: (image: object) => void drawn.push(image) };
      }
    }
    Object.assign(globalThis, {
      OffscreenCanvas: FakeCanvas,
      requestAnimationFrame: (paint: () => void) => setTimeout(paint),
      cancelAnimationFrame: (frame: number) => clearTimeout(frame),
    });
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#real);
  }
}
