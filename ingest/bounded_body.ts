import { MAX_MESSAGE_BYTES, ProtocolError } from "@porthole/protocol";
import { PublishLimitError } from "./limits/publish_limit_error.ts";

const FIRST_ALLOCATION_BYTES = 64 * 1024;

export interface BodyBounds {
  readonly maxBytes?: number;
  /** It takes so much memory from now on; what this throws ends the reading. */
  readonly onGrown?: (bytes: number) => void;
}

/**
 * A request's whole body, given up as soon as it is known to be too long. One buffer that grows with
 * the bytes that came: a list of chunks would cost a hundred times the body when they are tiny.
 *
 * @param announcedBytes its `content-length`, 0 for none
 * @throws {ProtocolError} `too_large`; `malformed` when the body breaks off
 */
export async function readBoundedBody(
  chunks: AsyncIterable<Uint8Array>,
  announcedBytes: number,
  { maxBytes = MAX_MESSAGE_BYTES, onGrown = () => {} }: BodyBounds = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (announcedBytes > maxBytes) throw tooLarge(`${announcedBytes} bytes`, maxBytes);
  // By HTTP/2, or without a socket, anything may be announced: -1, or what is no number.
  const first = announcedBytes > 0 ? announcedBytes : FIRST_ALLOCATION_BYTES;
  let body = new Uint8Array(Math.min(first, FIRST_ALLOCATION_BYTES, maxBytes));
  let filled = 0;
  try {
    for await (const chunk of chunks) {
      const needed = filled + chunk.byteLength;
      if (needed > maxBytes) throw tooLarge("more", maxBytes);
      if (needed > body.byteLength) {
        const grownBytes = Math.min(maxBytes, Math.max(needed, 2 * body.byteLength));
        onGrown(grownBytes);
        const grown = new Uint8Array(grownBytes);
        grown.set(body.subarray(0, filled));
        body = grown;
      }
      body.set(chunk, filled);
      filled = needed;
    }
  } catch (cause) {
    if (cause instanceof ProtocolError || cause instanceof PublishLimitError) throw cause;
    throw new ProtocolError("malformed", "the body broke off", { cause });
  }
  // A frame is kept for who joins: not with the room it did not need.
  return filled === body.byteLength ? body : body.slice(0, filled);
}

function tooLarge(found: string, maxBytes: number): ProtocolError {
  return new ProtocolError(
    "too_large",
    `the body is ${found}, at most ${maxBytes} bytes are taken`,
  );
}
