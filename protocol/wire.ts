import { Decoder, Encoder } from "@msgpack/msgpack";
import { ProtocolError } from "./errors.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { assertBoundedStructure } from "./structure.ts";

const LENGTH_PREFIX_BYTES = 4;

/**
 * One MessagePack message from `bytes`, shape unchecked.
 *
 * Binary fields are views into `bytes`, not copies: they live as long as `bytes` is left alone.
 *
 * @throws {ProtocolError} `malformed`, `too_large` or `too_deep`
 */
export function decodeMessage(bytes: Uint8Array): unknown {
  if (bytes.byteLength > MAX_MESSAGE_BYTES) {
    throw new ProtocolError(
      "too_large",
      `${bytes.byteLength} bytes, at most ${MAX_MESSAGE_BYTES} are allowed`,
    );
  }
  assertBoundedStructure(bytes);
  try {
    // Not 0: extension types of no bytes would pass.
    return new Decoder({ maxExtLength: -1 }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError("malformed", `not a MessagePack message: ${reason(cause)}`, { cause });
  }
}

/** Encodes messages into buffers of their own; its scratch space is kept from one to the next. */
export class MessageEncoder {
  readonly #encoder = new Encoder({ ignoreUndefined: true });

  /** The message alone, as a WebSocket carries it. The caller owns the result. */
  encode(message: object): Uint8Array<ArrayBuffer> {
    return this.#encoder.encode(message);
  }

  /** The message behind its `u32` big-endian length, as a live publish carries it. */
  encodePrefixed(message: object): Uint8Array<ArrayBuffer> {
    const shared = this.#encoder.encodeSharedRef(message);
    const prefixed = new Uint8Array(LENGTH_PREFIX_BYTES + shared.byteLength);
    new DataView(prefixed.buffer).setUint32(0, shared.byteLength);
    prefixed.set(shared, LENGTH_PREFIX_BYTES);
    return prefixed;
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
