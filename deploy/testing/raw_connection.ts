import { VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import { sleep } from "@porthole/protocol/service";

const KEPT_CHARS = 4_096;
const HEAD_END = "\r\n\r\n";

/** One TCP connection to a server, on which anything may be said. */
export class RawConnection implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #sinceMs = performance.now();
  #answer = "";
  #isClosed = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** @param serverUrl `http://HOST:PORT/` */
  static async open(serverUrl: string): Promise<RawConnection> {
    const { hostname, port } = new URL(serverUrl);
    return new RawConnection(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** A WebSocket to a stream, with control messages, that was let in. */
  static async upgrade(serverUrl: string, stream: string): Promise<RawConnection> {
    const connection = await RawConnection.open(serverUrl);
    await connection.send(
      [
        `GET /ws/${stream} HTTP/1.1`,
        `Host: ${new URL(serverUrl).host}`,
        ...["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
        ...["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", ""],
        "",
      ].join("\r\n").replace(
        HEAD_END,
        `\r\nSec-WebSocket-Protocol: ${VIEWER_SUBPROTOCOL}${HEAD_END}`,
      ),
    );
    while (!connection.answer.includes(HEAD_END)) {
      if (!await connection.#read()) throw new Error(`no upgrade: ${connection.answer}`);
    }
    if (!connection.answer.startsWith("HTTP/1.1 101 ")) throw new Error(connection.answer);
    return connection;
  }

  /** The last of what was read, a character a byte. */
  get answer(): string {
    return this.#answer;
  }

  /** @throws once the other side has ended the connection */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Says one after the other at that pace, until the other side has had enough. */
  async trickle(parts: Iterable<Uint8Array>, everyMs: number): Promise<void> {
    const ended = new AbortController();
    const reading = this.untilEnd().finally(() => ended.abort());
    for (const part of parts) {
      await sleep(everyMs, ended.signal);
      if (ended.signal.aborted) break;
      try {
        await this.send(part);
      } catch (error) {
        if (!isEnd(error)) throw error;
      }
    }
    await reading;
  }

  /** Reads on until the other side ends the connection, and tells how long it lasted, ms. */
  async untilEnd(): Promise<number> {
    while (await this.#read());
    return performance.now() - this.#sinceMs;
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  async #read(): Promise<boolean> {
    const chunk = new Uint8Array(16 * 1024);
    try {
      const readBytes = await this.#conn.read(chunk);
      if (readBytes === null) return false;
      const text = new TextDecoder("latin1").decode(chunk.subarray(0, readBytes));
      this.#answer = (this.#answer + text).slice(-KEPT_CHARS);
      return true;
    } catch (error) {
      if (isEnd(error)) return false;
      throw error;
    }
  }
}

/** Whether that is how a connection ends, by either side. */
function isEnd(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}
