import { MAX_MESSAGE_BYTES, ProtocolError } from "@porthole/protocol";

/**
 * A request's whole body, given up as soon as it is known to be too long.
 *
 * @throws {ProtocolError} `too_large`
 */
export async function readBoundedBody(
  request: Request,
  maxBytes: number = MAX_MESSAGE_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > maxBytes) throw tooLarge(`${announced} bytes`, maxBytes);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge("more", maxBytes);
    chunks.push(chunk);
  }
  const body = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

function tooLarge(found: string, maxBytes: number): ProtocolError {
  return new ProtocolError(
    "too_large",
    `the body is ${found}, at most ${maxBytes} bytes are taken`,
  );
}
