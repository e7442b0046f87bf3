import assert from "node:assert/strict";
import {
  decodeMessage,
  type Frame,
  type IngestToViewerMessage,
  MessageEncoder,
  VIEWER_SUBPROTOCOL,
} from "@porthole/protocol";
import { Backoff } from "./backoff.ts";
import { type ConnectionState, StreamSocket } from "./socket.ts";

const DEADLINE_MS = 10_000;
const CLOCK_AHEAD_MS = 60_000;
const FRAME: Frame = { timestamp: 5, width: 2, height: 2, data: new Uint8Array([1, 2]), seq: 41 };

interface Heard {
  readonly type: string;
  readonly atMs: number;
  readonly [field: string]: unknown;
}

/** An ingest that answers clocks and keeps what viewers said, by connection. */
class TestIngest implements AsyncDisposable {
  readonly connections: Heard[][] = [];
  readonly #encoder = new MessageEncoder();
  readonly #sockets = new Set<WebSocket>();
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => this.#upgrade(request),
  );

  get url(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}/ws/front`;
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
      if (message.type !== "clock") return;
      const aheadMs = performance.timeOrigin + performance.now() + CLOCK_AHEAD_MS;
      this.send({ ...message, t1: aheadMs, t2: aheadMs });
    });
    return response;
  }
}

/** A socket, and what its handlers were given. */
class TestViewer implements Disposable {
  readonly frames: { frame: Frame; messageBytes: number }[] = [];
  readonly controls: IngestToViewerMessage[] = [];
  readonly states: { state: ConnectionState; cause: string }[] = [];
  /** What was known of the clock when each connection opened. */
  readonly clockOffsetsMs: (number | undefined)[] = [];
  readonly socket: StreamSocket;

  constructor(url: string, playing = true, connectWithinMs = DEADLINE_MS) {
    this.socket = new StreamSocket({
      connectWithinMs,
      url,
      hello: () => ({ type: "hello", codecs: ["jpeg"] }),
      backoff: new Backoff({ firstMs: 1, maxMs: 1 }, () => 0),
      handlers: {
        onFrame: (frame, messageBytes) => this.frames.push({ frame, messageBytes }),
        onControl: (message) => this.controls.push(message),
        onConnection: (state, cause) => {
          this.states.push({ state, cause });
          if (state === "open") this.clockOffsetsMs.push(this.socket.clockOffsetMs);
        },
      },
    }, playing);
    this.socket.connect();
  }

  get isOpen(): boolean {
    return this.states.at(-1)?.state === "open";
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}

Deno.test("hello comes first, then a burst of clock questions that give the offset", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  assert.equal(viewer.socket.clockOffsetMs, undefined);
  await until(() => ofType(ingest, 0, "clock").length >= 4);
  const [hello] = ingest.connections[0] ?? [];
  assert.deepEqual([hello?.type, hello?.["codecs"]], ["hello", ["jpeg"]]);
  await until(() => viewer.socket.clockOffsetMs !== undefined);
  assert.ok(Math.abs((viewer.socket.clockOffsetMs ?? 0) - CLOCK_AHEAD_MS) < 1000);
  assert.deepEqual(viewer.controls, [], "clock answers are nobody else's");
});

Deno.test("a frame is handed on whole and confirmed, again and again while playing", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => ofType(ingest, 0, "hello").length === 1);
  ingest.send(FRAME);
  await until(() => ofType(ingest, 0, "ack").length >= 3);
  assert.deepEqual(viewer.frames[0]?.frame, FRAME);
  assert.equal(viewer.frames[0]?.messageBytes, new MessageEncoder().encode(FRAME).byteLength);
  for (const ack of ofType(ingest, 0, "ack")) {
    assert.deepEqual([ack["seq"], ack["rendition"]], [41, "jpeg"]);
  }
});

Deno.test("a pause is told and ends the acks; it is told again after a reconnect", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  viewer.socket.setPlaying(false);
  viewer.socket.setPlaying(false);
  await until(() => ofType(ingest, 0, "pause").length > 0);
  ingest.send(FRAME);
  await until(() => ofType(ingest, 0, "clock").length >= 4);
  assert.equal(ofType(ingest, 0, "ack").length, 0);
  assert.equal(ofType(ingest, 0, "pause").length, 1);
  ingest.closeAll();
  await until(() => ofType(ingest, 1, "pause").length === 1);
  assert.equal(ingest.connections[1]?.[0]?.type, "hello");
  viewer.socket.setPlaying(true);
  await until(() => ofType(ingest, 1, "resume").length === 1);
});

Deno.test("a lost connection comes back and forgets the clock of the old one", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.socket.clockOffsetMs !== undefined);
  ingest.closeAll();
  await until(() => ofType(ingest, 1, "hello").length === 1);
  assert.deepEqual(viewer.clockOffsetsMs, [undefined, undefined]);
  const states = viewer.states.map(({ state }) => state);
  assert.deepEqual(states.slice(0, 4), ["connecting", "open", "waiting", "connecting"]);
});

Deno.test("bye is told with its reason, and the viewer comes back", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  ingest.send({ type: "bye", code: "restart", reason: "the server restarts" });
  await until(() => ofType(ingest, 1, "hello").length === 1);
  assert.deepEqual(viewer.states[2], { state: "waiting", cause: "the server restarts" });
  assert.deepEqual(viewer.controls.map(({ type }) => type), ["bye"]);
});

Deno.test("a message that is none ends the connection, not the player", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  ingest.sendBytes(new Uint8Array([0xc1]));
  await until(() => ofType(ingest, 1, "hello").length === 1);
  assert.match(viewer.states[2]?.cause ?? "", /MessagePack/);
});

Deno.test("a server that is not there is tried again; closing ends it, twice is fine", async () => {
  const ingest = new TestIngest();
  const { url } = ingest;
  await ingest[Symbol.asyncDispose]();
  using viewer = new TestViewer(url);
  await until(() => viewer.states.filter(({ state }) => state === "waiting").length >= 3);
  viewer.socket.close();
});

Deno.test("a host that takes the connection and does not answer is given up, and tried again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using viewer = new TestViewer(`ws://127.0.0.1:${listener.addr.port}/ws`, true, 50);
  await until(() => viewer.states.filter(({ state }) => state === "connecting").length >= 2);
  const { state, cause } = viewer.states.find(({ state }) => state === "waiting") ?? {};
  assert.deepEqual([state, cause], ["waiting", "the server does not answer"]);
  viewer.socket.close();
});

function ofType(ingest: TestIngest, connection: number, type: string): Heard[] {
  return (ingest.connections[connection] ?? []).filter((message) => message.type === type);
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `not within ${DEADLINE_MS} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
