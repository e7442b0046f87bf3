/** What a process writes, to be read until its end or until it is abandoned. */
export class OutputPipe {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** Chunks as they come; ends without an error when it is abandoned. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;

  constructor(source: ReadableStream<Uint8Array<ArrayBuffer>>) {
    const reader = this.#reader = source.getReader();
    this.stream = new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => reader.cancel(),
    }, { highWaterMark: 0 });
  }

  /** Nothing more is read: whoever still writes to it has a broken pipe. Twice is fine. */
  abandon(): void {
    void this.#reader.cancel();
  }
}
