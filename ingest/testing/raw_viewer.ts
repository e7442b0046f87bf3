import assert from "node:assert/strict";

/** The head of a request to become a WebSocket. */
export function handshake(path: string, protocol = ""): Uint8Array {
  const lines = [
    `GET ${path} HTTP/1.1`,
    "Host: ingest",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...(protocol === "" ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}

/** A short message as clients send it, with a mask of zeros (RFC 6455, 5.3). */
export function maskedMessage(payload: Uint8Array, firstByte = 0x82): Uint8Array {
  assert.ok(payload.byteLength < 126);
  return new Uint8Array([firstByte, 0x80 | payload.byteLength, 0, 0, 0, 0, ...payload]);
}

/** What one read gives, as text; empty at the end. */
export async function read(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  const bytes = await connection.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, bytes ?? 0));
}

/** Resolves when the connection has ended, with whatever is still to be read thrown away. */
export async function untilReset(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(1024 * 1024);
  try {
    while (await connection.read(buffer) !== null);
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
}
