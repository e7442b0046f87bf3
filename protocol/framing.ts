import { ProtocolError } from "./errors.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";

const LENGTH_PREFIX_BYTES = 4;
/** What is set aside on a length alone; the rest only as its bytes arrive. */
const FIRST_ALLOCATION_BYTES = 64 * 1024;

/**
 * Cuts a byte stream of `u32` big-endian length + message into messages.
 *
 * Holds at most one unfinished message. A length over the limit is refused before a byte of the
 * message is stored, and memory follows the bytes that arrived, not the length that was claimed.
 */
export class LengthPrefixParser {
  readonly #maxBytes: number;
  readonly #prefix = new Uint8Array(LENGTH_PREFIX_BYTES);
  #prefixFilled = 0;
  #body = new Uint8Array(0);
  #bodyFilled = 0;
  #bodyBytes: number | undefined;

  constructor(maxBytes: number = MAX_MESSAGE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** @throws {ProtocolError} `malformed` when what came ends inside a message */
  end(): void {
    if (this.pendingBytes > 0) {
      throw new ProtocolError("malformed", "the stream ended inside a message");
    }
  }

  /** Bytes held of a message that is not complete. */
  get pendingBytes(): number {
    return this.#prefixFilled + this.#bodyFilled;
  }

  /** Bytes set aside for that message: at most twice those that came, from 64 KiB on. */
  get heldBytes(): number {
    return this.#body.byteLength;
  }

  /**
   * The messages that `chunk` completes, each in a buffer of its own; `chunk` may be reused.
   *
   * @throws {ProtocolError} `too_large` on a length over the limit, `malformed` on a length of 0
   */
  *push(chunk: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    let offset = 0;
    while (offset < chunk.byteLength) {
      if (this.#bodyBytes === undefined) {
        offset += this.#fillPrefix(chunk, offset);
        continue;
      }
      offset += this.#fillBody(chunk, offset, this.#bodyBytes);
      if (this.#bodyFilled === this.#bodyBytes) yield this.#takeBody();
    }
  }

  #fillPrefix(chunk: Uint8Array, offset: number): number {
    const taken = Math.min(LENGTH_PREFIX_BYTES - this.#prefixFilled, chunk.byteLength - offset);
    this.#prefix.set(chunk.subarray(offset, offset + taken), this.#prefixFilled);
    this.#prefixFilled += taken;
    if (this.#prefixFilled === LENGTH_PREFIX_BYTES) {
      const length = new DataView(this.#prefix.buffer).getUint32(0);
      if (length === 0) throw new ProtocolError("malformed", "a message of length 0");
      if (length > this.#maxBytes) {
        throw new ProtocolError(
          "too_large",
          `a message of ${length} bytes is announced, at most ${this.#maxBytes} are allowed`,
        );
      }
      this.#bodyBytes = length;
      this.#body = new Uint8Array(Math.min(length, FIRST_ALLOCATION_BYTES));
    }
    return taken;
  }

  #fillBody(chunk: Uint8Array, offset: number, bodyBytes: number): number {
    const taken = Math.min(bodyBytes - this.#bodyFilled, chunk.byteLength - offset);
    const needed = this.#bodyFilled + taken;
    if (needed > this.#body.byteLength) {
      const grown = new Uint8Array(
        Math.min(bodyBytes, Math.max(needed, 2 * this.#body.byteLength)),
      );
      grown.set(this.#body.subarray(0, this.#bodyFilled));
      this.#body = grown;
    }
    this.#body.set(chunk.subarray(offset, offset + taken), this.#bodyFilled);
    this.#bodyFilled = needed;
    return taken;
  }

  #takeBody(): Uint8Array<ArrayBuffer> {
    const body = this.#body;
    this.#body = new Uint8Array(0);
    this.#bodyFilled = 0;
    this.#bodyBytes = undefined;
    this.#prefixFilled = 0;
    return body;
  }
}

/**
 * Bytes in, whole messages out. A stream that ends inside a message errors with `malformed`.
 *
 * @see LengthPrefixParser for bounds and buffer ownership
 */
export class LengthPrefixDecodeStream extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  constructor(maxBytes: number = MAX_MESSAGE_BYTES) {
    const parser = new LengthPrefixParser(maxBytes);
    super({
      transform(chunk, controller) {
        for (const message of parser.push(chunk)) controller.enqueue(message);
      },
      flush: () => parser.end(),
    });
  }
}

/** Whole messages in, length-prefixed bytes out; errors with `malformed` or `too_large`. */
export class LengthPrefixEncodeStream extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  constructor(maxBytes: number = MAX_MESSAGE_BYTES) {
    super({
      transform(message, controller) {
        if (message.byteLength === 0) {
          throw new ProtocolError("malformed", "a message of length 0");
        }
        if (message.byteLength > maxBytes) {
          throw new ProtocolError(
            "too_large",
            `a message of ${message.byteLength} bytes, at most ${maxBytes} are allowed`,
          );
        }
        const prefixed = new Uint8Array(LENGTH_PREFIX_BYTES + message.byteLength);
        new DataView(prefixed.buffer).setUint32(0, message.byteLength);
        prefixed.set(message, LENGTH_PREFIX_BYTES);
        controller.enqueue(prefixed);
      },
    });
  }
}
