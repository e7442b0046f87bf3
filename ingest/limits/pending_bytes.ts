import { PublishLimitError } from "./publish_limit_error.ts";

/** Thirty-two unfinished messages of the largest size; usual ones are a thousandth of that. */
const MAX_PENDING_BYTES = 256 * 1024 * 1024;

/** What one publish has sent of a message that is not complete, until it is disposed of. */
export interface PendingHold extends Disposable {
  /** @throws {PublishLimitError} `too_busy`, and then holds what it held before */
  set(bytes: number): void;
}

/**
 * The memory of all messages that are coming in. Each is bounded by itself, but a thousand
 * publishers that stop just before the end of their largest message would take 8 GB.
 */
export class PendingBytes {
  #bytes = 0;

  constructor(readonly maxBytes: number = MAX_PENDING_BYTES) {}

  get bytes(): number {
    return this.#bytes;
  }

  hold(): PendingHold {
    let held = 0;
    const set = (bytes: number) => {
      const total = this.#bytes - held + bytes;
      if (bytes > held && total > this.maxBytes) {
        throw new PublishLimitError(
          "too_busy",
          `${this.maxBytes >> 20} MiB of unfinished messages are waited for already; try again ` +
            "later, over a faster link",
        );
      }
      this.#bytes = total;
      held = bytes;
    };
    return { set, [Symbol.dispose]: () => set(0) };
  }
}
