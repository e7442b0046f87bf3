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

export interface ServerFrame {
  readonly opcode: number;
  /** The last of its message. */
  readonly final: boolean;
  readonly payload: Uint8Array;
}

/** WebSocket frames as a server sends them (RFC 6455, 5.2), one at a time: parts of messages too. */
export class ServerFrames {
  readonly #connection: Deno.Conn;
  #held = new Uint8Array(0);

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async next(): Promise<ServerFrame> {
    const [first = 0, second = 0] = await this.#take(2);
    const length = second === 126
      ? new DataView((await this.#take(2)).buffer).getUint16(0)
      : second === 127
      ? Number(new DataView((await this.#take(8)).buffer).getBigUint64(0))
      : second;
    return { opcode: first & 0x0f, final: first > 0x7f, payload: await this.#take(length) };
  }

  async #take(bytes: number): Promise<Uint8Array> {
    while (this.#held.byteLength < bytes) {
      const chunk = new Uint8Array(64 * 1024);
      const read = await this.#connection.read(chunk);
      assert.notEqual(read, null, "the connection ended");
      const grown = new Uint8Array(this.#held.byteLength + (read ?? 0));
      grown.set(this.#held);
      grown.set(chunk.subarray(0, read ?? 0), this.#held.byteLength);
      this.#held = grown;
    }
    const taken = this.#held.slice(0, bytes);
    this.#held = this.#held.slice(bytes);
    return taken;
  }
}
