import assert from "node:assert/strict";
import { decodeMessage, MessageEncoder, VIEWER_SUBPROTOCOL } from "@porthole/protocol";

export const CLOCK_AHEAD_MS = 60_000;
const DEADLINE_MS = 20_000;

export interface Heard {
  readonly type: string;
  readonly atMs: number;
  readonly [field: string]: unknown;
}

/** An ingest that answers clocks and keeps what viewers said, by connection. */
export class TestIngest implements AsyncDisposable {
  readonly connections: Heard[][] = [];
  /** While it is so, nothing is answered: the network swallows it. */
  isMute = false;
  readonly #encoder = new MessageEncoder();
  readonly #sockets = new Set<WebSocket>();
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => this.#upgrade(request),
  );

  get url(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}/ws/front`;
  }

  /** What was heard of a type on a connection, counted from 0. */
  heard(type: string, connection = 0): Heard[] {
    return (this.connections[connection] ?? []).filter((message) => message.type === type);
  }

  send(message: object): void {
    for (const socket of this.#sockets) socket.send(this.#encoder.encode(message));
  }

  sendBytes(bytes: Uint8Array<ArrayBuffer>): void {
    for (const socket of this.#sockets) socket.send(bytes);
  }

  closeAll(): void {
    for (const socket of this.#sockets) socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeAll();
    await this.#server.shutdown();
  }

  #upgrade(request: Request): Response {
    assert.equal(request.headers.get("sec-websocket-protocol"), VIEWER_SUBPROTOCOL);
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: VIEWER_SUBPROTOCOL });
    const heard: Heard[] = [];
    this.connections.push(heard);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.#sockets.add(socket));
    socket.addEventListener("close", () => this.#sockets.delete(socket));
    socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
      const message = decodeMessage(new Uint8Array(data)) as { type: string };
      heard.push({ ...message, atMs: performance.now() });
      if (message.type !== "clock" || this.isMute) return;
      const aheadMs = performance.timeOrigin + performance.now() + CLOCK_AHEAD_MS;
      this.send({ ...message, t1: aheadMs, t2: aheadMs });
    });
    return response;
  }
}

/** @throws {Error} when the condition does not come true within 10 s */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `not within ${DEADLINE_MS} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
