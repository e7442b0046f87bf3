import assert from "node:assert/strict";
import { type Frame, type IngestToViewerMessage, MessageEncoder } from "@porthole/protocol";
import { Backoff } from "./backoff.ts";
import type { Refusal } from "./refusal.ts";
import { type ConnectionState, type SocketOptions, StreamSocket } from "./socket.ts";
import { CLOCK_AHEAD_MS, TestIngest, until } from "./testing/test_ingest.ts";

const DEADLINE_MS = 10_000;
const FRAME: Frame = { timestamp: 5, width: 2, height: 2, data: new Uint8Array([1, 2]), seq: 41 };

/** A socket, and what its handlers were given. */
class TestViewer implements Disposable {
  readonly frames: { frame: Frame; messageBytes: number }[] = [];
  readonly controls: IngestToViewerMessage[] = [];
  readonly states: { state: ConnectionState; cause: string }[] = [];
  /** What was known of the clock when each connection opened. */
  readonly clockOffsetsMs: (number | undefined)[] = [];
  readonly socket: StreamSocket;
  /** What the server says when it is asked. */
  refusal: Refusal | undefined;

  constructor(
    url: string,
    playing = true,
    connectWithinMs = DEADLINE_MS,
    options: Partial<SocketOptions> = {},
  ) {
    this.socket = new StreamSocket({
      connectWithinMs,
      url,
      askForRefusal: () => Promise.resolve(this.refusal),
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
      ...options,
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
  await until(() => ingest.heard("clock").length >= 4);
  const [hello] = ingest.connections[0] ?? [];
  assert.deepEqual([hello?.type, hello?.["codecs"]], ["hello", ["jpeg"]]);
  await until(() => viewer.socket.clockOffsetMs !== undefined);
  assert.ok(Math.abs((viewer.socket.clockOffsetMs ?? 0) - CLOCK_AHEAD_MS) < 10_000);
  assert.deepEqual(viewer.controls, [], "clock answers are nobody else's");
});

Deno.test("a frame is handed on whole and confirmed, again and again while playing", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => ingest.heard("hello").length === 1);
  ingest.send(FRAME);
  await until(() => ingest.heard("ack").length >= 3);
  assert.deepEqual(viewer.frames[0]?.frame, FRAME);
  assert.equal(viewer.frames[0]?.messageBytes, new MessageEncoder().encode(FRAME).byteLength);
  for (const ack of ingest.heard("ack")) {
    assert.deepEqual([ack["seq"], ack["rendition"]], [41, "jpeg"]);
  }
});

Deno.test("a pause is told and ends the acks; it is told again after a reconnect", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  viewer.socket.setPlaying(false);
  viewer.socket.setPlaying(false);
  await until(() => ingest.heard("pause").length > 0);
  ingest.send(FRAME);
  await until(() => ingest.heard("clock").length >= 4);
  assert.equal(ingest.heard("ack").length, 0);
  assert.equal(ingest.heard("pause").length, 1);
  ingest.closeAll();
  await until(() => ingest.heard("hello", 1).length === 1);
  assert.deepEqual(ingest.connections[1]?.map(({ type }) => type).slice(0, 2), ["pause", "hello"]);
  viewer.socket.setPlaying(true);
  await until(() => ingest.heard("resume", 1).length === 1);
});

Deno.test("what was selected is told at once, and before the hello of each connection to come", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  viewer.socket.select("low");
  viewer.socket.select("low");
  await until(() => ingest.heard("select").length > 0);
  ingest.closeAll();
  await until(() => ingest.heard("hello", 1).length === 1);
  const [select, hello] = ingest.connections[1] ?? [];
  assert.deepEqual([select?.type, select?.["rendition"], hello?.type], ["select", "low", "hello"]);
  viewer.socket.select("auto");
  await until(() => ingest.heard("select", 1).length === 2);
  assert.equal(ingest.heard("select", 1)[1]?.["rendition"], "auto");
  ingest.closeAll();
  await until(() => ingest.heard("hello", 2).length === 1);
  assert.equal(ingest.heard("select", 2).length, 0, "automatic is what ingest does unasked");
  assert.equal(ingest.heard("select").length, 1);
});

Deno.test("a viewer says hello again when it can decode less, and tells what it gave up", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  viewer.socket.greet();
  await until(() => ingest.heard("hello").length === 2);
  ingest.send(FRAME);
  await until(() => viewer.frames.length === 1);
  viewer.socket.gaveUp();
  const undecoded = () => ingest.heard("ack").flatMap((ack) => ack["undecoded"] ?? []);
  await until(() => undecoded().length > 0);
  assert.deepEqual(undecoded(), [1]);
});

Deno.test("after a change of the network a connection that answers stays, one that does not is left", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url, true, DEADLINE_MS, { answersWithinMs: 200 });
  await until(() => viewer.isOpen);
  const asked = ingest.heard("clock").length;
  viewer.socket.check();
  await until(() => ingest.heard("clock").length > asked + 4);
  assert.equal(ingest.connections.length, 1);
  ingest.isMute = true;
  viewer.socket.check();
  await until(() => ingest.connections.length === 2);
});

Deno.test("after a change of the network what waits is tried at once, what is refused is not", async () => {
  await using ingest = new TestIngest();
  const patient = new Backoff({ firstMs: 60_000, maxMs: 60_000 }, () => 0);
  using viewer = new TestViewer(ingest.url, true, DEADLINE_MS, { backoff: patient });
  await until(() => viewer.isOpen);
  ingest.closeAll();
  await until(() => viewer.states.at(-1)?.state === "waiting");
  viewer.socket.check();
  await until(() => viewer.isOpen && ingest.connections.length === 2);
  viewer.socket.close();
  viewer.socket.check();
  assert.equal(viewer.states.at(-1)?.state, "open", "closed for good");
});

Deno.test("a machine that slept asks for the time anew: its clock may have stood still", async () => {
  await using ingest = new TestIngest();
  using _viewer = new TestViewer(ingest.url);
  await until(() => ingest.heard("clock").length >= 8);
  const realNow = Date.now;
  try {
    Date.now = () => realNow() + 3_600_000;
    const asked = ingest.heard("clock").length;
    await until(() => ingest.heard("clock").length >= asked + 8);
  } finally {
    Date.now = realNow;
  }
  assert.equal(ingest.connections.length, 1);
});

Deno.test("a machine that slept leaves a connection that does not answer any more", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url, true, DEADLINE_MS, { answersWithinMs: 200 });
  await until(() => viewer.socket.clockOffsetMs !== undefined);
  const realNow = Date.now;
  try {
    ingest.isMute = true;
    Date.now = () => realNow() + 3_600_000;
    await until(() => ingest.connections.length === 2);
  } finally {
    Date.now = realNow;
  }
  const states = viewer.states.map(({ state }) => state);
  assert.equal(states.includes("waiting"), false, "not for its silence, which takes longer");
});

Deno.test("a lost connection comes back and forgets the clock of the old one", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.socket.clockOffsetMs !== undefined);
  ingest.closeAll();
  await until(() => ingest.heard("hello", 1).length === 1);
  assert.deepEqual(viewer.clockOffsetsMs, [undefined, undefined]);
  const states = viewer.states.map(({ state }) => state);
  assert.deepEqual(states.slice(0, 4), ["connecting", "open", "waiting", "connecting"]);
});

Deno.test("bye is told with its reason, and the viewer comes back", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  ingest.send({ type: "bye", code: "restart", reason: "the server restarts" });
  await until(() => ingest.heard("hello", 1).length === 1);
  assert.deepEqual(viewer.states[2], { state: "waiting", cause: "the server restarts" });
  assert.deepEqual(viewer.controls.map(({ type }) => type), ["bye"]);
});

Deno.test("a message that is none ends the connection, not the player", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  ingest.sendBytes(new Uint8Array([0xc1]));
  await until(() => ingest.heard("hello", 1).length === 1);
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

Deno.test("a refused connection is asked about, told, and not tried again", async () => {
  const tries = new Map<string, number>();
  const triesOf = (path: string) => tries.get(path) ?? 0;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
    const { pathname } = new URL(url);
    tries.set(pathname, triesOf(pathname) + 1);
    return new Response("no", { status: 401 });
  });
  const base = `ws://127.0.0.1:${server.addr.port}`;
  using viewer = new TestViewer(`${base}/refused`);
  using _other = new TestViewer(`${base}/unclear`);
  await until(() => triesOf("/refused") >= 3);
  viewer.refusal = { kind: "forbidden", reason: "not this one" };
  await until(() => viewer.states.at(-1)?.state === "forbidden");
  assert.equal(viewer.states.at(-1)?.cause, "not this one");
  const [refused, unclear] = [triesOf("/refused"), triesOf("/unclear")];
  await until(() => triesOf("/unclear") > unclear + 5);
  // One may have been on its way to the server.
  assert.ok(triesOf("/refused") <= refused + 1);
});

Deno.test("a session that ends while it plays asks for a login; one renewed meanwhile plays on", async () => {
  await using ingest = new TestIngest();
  using viewer = new TestViewer(ingest.url);
  await until(() => viewer.isOpen);
  ingest.send({ type: "bye", code: "expired", reason: "the session has expired" });
  await until(() => ingest.heard("hello", 1).length === 1);
  await until(() => viewer.isOpen);
  viewer.refusal = { kind: "login", reason: "log in" };
  ingest.send({ type: "bye", code: "expired", reason: "the session has expired" });
  await until(() => viewer.states.at(-1)?.state === "login");
});

Deno.test("a token goes among the subprotocols; another one is tried at once after a refusal", async () => {
  const offered: (string | null)[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    offered.push(request.headers.get("sec-websocket-protocol"));
    return new Response("no", { status: 401 });
  });
  using viewer = new TestViewer(`ws://127.0.0.1:${server.addr.port}/`);
  viewer.socket.useToken("a.b.c");
  await until(() => offered.includes("porthole.v1, porthole.token.a.b.c"));
  assert.equal(offered[0], "porthole.v1", "none was given at first");
  viewer.refusal = { kind: "login", reason: "it has expired" };
  await until(() => viewer.states.at(-1)?.state === "login");
  viewer.refusal = undefined;
  viewer.socket.useToken("d.e.f");
  assert.equal(viewer.states.at(-1)?.state, "connecting");
  await until(() => offered.includes("porthole.v1, porthole.token.d.e.f"));
});
