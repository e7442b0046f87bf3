/** Deno would set aside a new one of this size for each read: garbage of 64 KiB a picture. */
const BUFFER_BYTES = 64 * 1024;

/** What a process writes, to be read until its end or until it is abandoned. */
export class OutputPipe {
  readonly #reader: ReadableStreamBYOBReader;
  /**
   * Chunks as they come, each only until the next is asked for, in the same memory; ends without an
   * error when it is abandoned.
   */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;

  constructor(source: ReadableStream<Uint8Array<ArrayBuffer>>) {
    const reader = this.#reader = source.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(BUFFER_BYTES);
    this.stream = new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read(new Uint8Array(buffer));
        if (done || value === undefined) return controller.close();
        buffer = value.buffer;
        controller.enqueue(value);
      },
      cancel: () => reader.cancel(),
    }, { highWaterMark: 0 });
  }

  /** Nothing more is read: whoever still writes to it has a broken pipe. Twice is fine. */
  abandon(): void {
    void this.#reader.cancel();
  }
}
