import assert from "node:assert/strict";
import { connect } from "node:http2";
import type { Connection } from "./connection.ts";
import { HttpListener, type ListenerTimes } from "./http_listener.ts";
import type { ConnectionLimits } from "./limits/connection_gate.ts";
import { Metrics } from "./metrics.ts";
import { eventually } from "./testing/eventually.ts";
import { read, untilReset } from "./testing/raw_viewer.ts";
import { TestCertificates } from "./testing/test_certificates.ts";
import { within } from "./testing/within.ts";

interface TestListenerOptions {
  readonly limits?: Partial<ConnectionLimits>;
  readonly times?: Partial<ListenerTimes>;
  readonly certificates?: TestCertificates;
  readonly answer?: (request: Request, connection: Connection) => Response | Promise<Response>;
}

/** A listener with bounds of its own, on a free port. */
class TestListener implements AsyncDisposable {
  readonly metrics = new Metrics();
  #listener: HttpListener | undefined;

  static async start(options: TestListenerOptions = {}): Promise<TestListener> {
    const { limits, times = {}, certificates, answer = () => new Response("here") } = options;
    const listener = new TestListener();
    const certificateFiles = await certificates?.issue("server");
    listener.#listener = await HttpListener.listen({
      ...{ host: "127.0.0.1", port: 0, metrics: listener.metrics, times },
      limits: {
        ...{ maxConnections: 100, maxConnectionsPerAddress: 100, newPerSecond: 1_000 },
        ...limits,
      },
      ...(certificateFiles === undefined ? {} : { certificateFiles }),
    }, answer);
    return listener;
  }

  get url(): string {
    return this.#listener?.url ?? "";
  }

  /** A connection that has said what it is told to. */
  async connect(says: string | Uint8Array = ""): Promise<Deno.TcpConn> {
    const { hostname, port } = new URL(this.url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const bytes = typeof says === "string" ? new TextEncoder().encode(says) : says;
    if (bytes.byteLength > 0) await connection.write(bytes);
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener?.[Symbol.asyncDispose]();
  }
}

const GET = "GET / HTTP/1.1\r\nHost: ingest\r\n\r\n";

for (
  const [limit, status, code] of [
    ["maxConnectionsPerAddress", 429, "too_many_requests"],
    ["maxConnections", 503, "too_many_connections"],
  ] as const
) {
  Deno.test(`${limit}: one more is ${status} ${code}, until one has left`, async () => {
    await using listener = await TestListener.start({ limits: { [limit]: 2 } });
    using _idle = await listener.connect();
    {
      using asking = await listener.connect(GET);
      assert.match(await read(asking), /^HTTP\/1.1 200 /);
      using refused = await listener.connect(GET);
      const answer = await read(refused);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} .*\r\n`));
      assert.match(answer, new RegExp(`Retry-After: 10\r\n[^]*"code":"${code}","message":"2 `));
      await within("its end", untilReset(refused));
      assert.equal(listener.metrics.connectionsRefused, 1);
      assert.equal(listener.metrics.connectionsOpen, 2);
    }
    await eventually("it left", () => listener.metrics.connectionsOpen === 1);
    using welcome = await listener.connect(GET);
    assert.match(await read(welcome), /^HTTP\/1.1 200 /);
  });
}

Deno.test("an address that connects over and over is refused for a while", async () => {
  const limits = { maxConnectionsPerAddress: 5, newPerSecond: 1 };
  await using listener = await TestListener.start({ limits });
  for (let index = 0; index < 10; index++) {
    using connection = await listener.connect(GET);
    assert.match(await read(connection), /^HTTP\/1.1 200 /);
    connection.close();
    await eventually("it left", () => listener.metrics.connectionsOpen === 0);
  }
  using refused = await listener.connect(GET);
  assert.match(await read(refused), /^HTTP\/1.1 429 [^]*more than 1 connections a second/);
});

Deno.test("so many who are turned away and stay are cut at once", async () => {
  await using listener = await TestListener.start({
    limits: { maxConnectionsPerAddress: 1 },
    times: { lingerMs: 60_000 },
  });
  using _first = await listener.connect();
  using connections = new DisposableStack();
  for (let index = 0; index < 50; index++) connections.use(await listener.connect());
  await eventually("they are turned away", () => listener.metrics.connectionsRefused === 50);
  using last = await listener.connect();
  await within("its end, without an answer", untilReset(last));
});

for (
  const [name, says] of [
    ["says nothing", ""],
    ["stops in its first word", "PR"],
    ["stops in its head", "GET / HTTP/1.1\r\nHost: ing"],
  ] as const
) {
  Deno.test(`who ${name} is cut`, async () => {
    const times = { headMs: 150, checkHeadsEveryMs: 50 };
    await using listener = await TestListener.start({ times });
    using connection = await listener.connect(says);
    await within("its end", untilReset(connection));
  });
}

for (const says of ["", "PR"]) {
  Deno.test(`who leaves after "${says}" is gone at once`, async () => {
    await using listener = await TestListener.start({ times: { headMs: 60_000 } });
    const connection = await listener.connect(says);
    await eventually("it is here", () => listener.metrics.connectionsOpen === 1);
    connection.close();
    await eventually("it is gone", () => listener.metrics.connectionsOpen === 0);
  });
}

Deno.test("who sends a head letter by letter is cut all the same", async () => {
  const times = { headMs: 200, checkHeadsEveryMs: 50 };
  await using listener = await TestListener.start({ times });
  using connection = await listener.connect("GET / HTTP/1.1\r\n");
  const trickle = setInterval(() => void connection.write(Uint8Array.of(0x61)).catch(() => 0), 20);
  try {
    await within("its end", untilReset(connection));
  } finally {
    clearInterval(trickle);
  }
});

for (
  const [name, says] of [["says nothing", []], ["stops in it", [0x16, 3, 1, 0, 200, 1]]] as const
) {
  Deno.test(`before its TLS handshake, who ${name} is cut`, async () => {
    await using certificates = await TestCertificates.start();
    await using listener = await TestListener.start({ certificates, times: { headMs: 150 } });
    using connection = await listener.connect(Uint8Array.from(says));
    await within("its end", untilReset(connection));
    assert.equal(listener.metrics.connectionsCut, 1);
  });
}

Deno.test("garbage in place of a TLS handshake, or half of one, ends that connection alone", async () => {
  await using certificates = await TestCertificates.start();
  // Nobody else connects: a client that gives a connection up in the middle is counted as well.
  await using listener = await TestListener.start({ certificates });
  const tooLong = [0x16, 3, 1, 0xff, 0xff, 1, 2, 3, 4, 5, 6];
  const unknown = [0x16, 3, 1, 0, 5, 9, 9, 9, 9, 9];
  for (const [index, bytes] of [tooLong, unknown].entries()) {
    using connection = await listener.connect(Uint8Array.from(bytes));
    await within("its end", untilEnd(connection));
    await eventually("it is counted", () => listener.metrics.tlsFailures === index + 1);
  }
  (await listener.connect(Uint8Array.of(0x16, 3, 1, 0, 200))).close();
  await eventually("so is who vanishes", () => listener.metrics.tlsFailures === 3);
  await eventually("all are gone", () => listener.metrics.connectionsOpen === 0);
});

Deno.test("after its TLS handshake, who says nothing is cut", async () => {
  await using certificates = await TestCertificates.start();
  await using listener = await TestListener.start({ certificates, times: { headMs: 300 } });
  using connection = await Deno.connectTls({
    hostname: "127.0.0.1",
    port: Number(new URL(listener.url).port),
    caCerts: [certificates.caCert],
  });
  await connection.handshake();
  await within("its end", untilEnd(connection));
  assert.equal(listener.metrics.connectionsCut, 1);
});

Deno.test("a connection that is kept and not used is closed", async () => {
  await using listener = await TestListener.start({ times: { keepAliveMs: 100 } });
  using connection = await listener.connect(GET);
  assert.match(await read(connection), /^HTTP\/1.1 200 /);
  await within("its end", untilReset(connection));
});

Deno.test({
  name: "a client that vanishes without a goodbye is asked for by TCP",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using listener = await TestListener.start();
    using asking = await listener.connect(GET);
    assert.match(await read(asking), /^HTTP\/1.1 200 /);
    const port = Number(new URL(listener.url).port).toString(16).toUpperCase().padStart(4, "0");
    const lines = (await Deno.readTextFile("/proc/net/tcp")).split("\n");
    // proc_pid_net(5): state 01 is an established connection, timer 02 is that of keep-alive.
    const own = new RegExp(`: [0-9A-F]{8}:${port} [0-9A-F:]{13} 01 \\S+ 02:`);
    assert.equal(lines.filter((line) => own.test(line)).length, 1);
  },
});

Deno.test("an HTTP/2 connection on which nothing goes on is closed", async () => {
  await using listener = await TestListener.start({ times: { http2IdleMs: 150 } });
  const session = connect(listener.url);
  session.on("error", () => {});
  await within("its end", new Promise<void>((resolve) => session.once("close", () => resolve())));
  await eventually("it is gone here too", () => listener.metrics.connectionsOpen === 0);
});

Deno.test("an answer that nobody reads is given up, with its connection", async () => {
  const answer = () => new Response(new Uint8Array(32 * 1024 * 1024));
  await using listener = await TestListener.start({ answer, times: { readMs: 200 } });
  using connection = await listener.connect(GET);
  await eventually("it is cut", () => listener.metrics.connectionsCut === 1);
  await within("its end", untilReset(connection));
  await eventually("it is gone", () => listener.metrics.connectionsOpen === 0);
});

Deno.test("who is answered before it has sent its body is cut if it goes on and on", async () => {
  const answer = () => new Response("no", { status: 413 });
  await using listener = await TestListener.start({ answer, times: { lingerMs: 150 } });
  const head = "POST / HTTP/1.1\r\nHost: ingest\r\nContent-Length: 1000000\r\n\r\n";
  using connection = await listener.connect(head);
  assert.match(await read(connection), /^HTTP\/1.1 413 /);
  const trickle = setInterval(() => void connection.write(Uint8Array.of(0x61)).catch(() => 0), 20);
  try {
    await within("its end", untilReset(connection));
  } finally {
    clearInterval(trickle);
  }
});

/** What a proxy in front may take for one request, and we for two. */
const AMBIGUOUS: Record<string, readonly string[]> = {
  "two kinds of length": ["Content-Length: 5", "Transfer-Encoding: chunked", "", "0", "", "GET /"],
  "two lengths": ["Content-Length: 5", "Content-Length: 0", "", "abcde"],
  "a length with a sign": ["Content-Length: +5", "", "abcde"],
  "an unknown coding": ["Transfer-Encoding: xchunked", "", "0", ""],
  "a coding on the next line": ["Transfer-Encoding:", " chunked", "", "0", ""],
  "a space before the colon": ["Content-Length : 5", "", "abcde"],
};
for (const [name, lines] of Object.entries(AMBIGUOUS)) {
  Deno.test(`a request with ${name} is answered 400, and is the last`, async () => {
    await using listener = await TestListener.start();
    using connection = await listener.connect(
      ["POST / HTTP/1.1", "Host: ingest", ...lines, ""].join("\r\n"),
    );
    assert.match(await read(connection), /^HTTP\/1.1 400 /);
    await within("its end", untilEnd(connection));
  });
}

Deno.test("who is refused an upgrade and stays is cut", async () => {
  const answer = () => new Response("no", { status: 401 });
  await using listener = await TestListener.start({ answer, times: { lingerMs: 150 } });
  const head =
    "GET / HTTP/1.1\r\nHost: ingest\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  using connection = await listener.connect(head);
  assert.match(await read(connection), /^HTTP\/1.1 401 /);
  await within("our half's end", untilReset(connection));
  await eventually("it is gone", () => listener.metrics.connectionsOpen === 0);
});

/** RFC 9113, 3.4 and 4.1. */
const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const [HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION] = [1, 3, 4, 6, 9];
/** `:method: GET`, `:scheme: http`, `:path: /`, `:authority: x`, by HPACK. */
const REQUEST = [0x82, 0x86, 0x84, 0x41, 1, 0x78];

function http2Frame(type: number, flags: number, stream: number, payload: number[]): number[] {
  const id = [stream >> 24, stream >> 16, stream >> 8, stream].map((byte) => byte & 0xff);
  return [0, payload.length >> 8, payload.length & 0xff, type, flags, ...id, ...payload];
}

const FLOODS: Record<string, (index: number) => number[]> = {
  "SETTINGS": () => http2Frame(SETTINGS, 0, 0, []),
  "PING": () => http2Frame(PING, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
  "requests that are taken back": (index) => [
    ...http2Frame(HEADERS, 5, 2 * index + 1, REQUEST),
    ...http2Frame(RST_STREAM, 0, 2 * index + 1, [0, 0, 0, 8]),
  ],
  "a head that never ends": (index) =>
    index === 0
      ? http2Frame(HEADERS, 1, 1, REQUEST)
      : http2Frame(CONTINUATION, 0, 1, [0x40, 1, 0x61, 1, 0x62]),
};
for (const [name, make] of Object.entries(FLOODS)) {
  Deno.test(`HTTP/2: a flood of ${name} ends that connection, and harms nobody`, async () => {
    await using listener = await TestListener.start();
    using connection = await listener.connect(PREFACE);
    await connection.write(Uint8Array.from(http2Frame(SETTINGS, 0, 0, [])));
    const ended = untilEnd(connection);
    let isOver = false;
    void ended.then(() => isOver = true);
    for (let index = 0; !isOver && index < 20_000; index += 100) {
      const flood = Array.from({ length: 100 }, (_, offset) => make(index + offset)).flat();
      try {
        await connection.write(Uint8Array.from(flood));
      } catch (error) {
        assert.ok(error instanceof Error);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    await within("its end", ended);
    using other = await listener.connect(GET);
    assert.match(await read(other), /^HTTP\/1.1 200 /);
  });
}

/** However it ends. */
async function untilEnd(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await connection.read(buffer) !== null);
  } catch (error) {
    assert.ok(error instanceof Error);
  }
}

const ENDLESS: Record<string, TestListenerOptions> = {
  "is cut in the middle of its answer": {
    answer: (_request, { cut }) => {
      setTimeout(cut, 100);
      return new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(99_999)) }));
    },
  },
  "does not read its answer": {
    answer: () => new Response(new Uint8Array(32 * 1024 * 1024)),
    times: { readMs: 100 },
  },
};
for (const [name, options] of Object.entries(ENDLESS)) {
  Deno.test(`HTTP/2: who ${name} loses that request, and keeps the connection`, async () => {
    await using listener = await TestListener.start(options);
    const session = connect(listener.url);
    session.on("error", () => {});
    const stuck = session.request({ ":path": "/", ":method": "POST" });
    stuck.on("error", () => {});
    stuck.write("the beginning");
    await within("its end", new Promise<void>((resolve) => stuck.once("close", () => resolve())));
    assert.equal(session.closed, false);
    const closed = new Promise<void>((resolve) => session.once("close", () => resolve()));
    session.destroy();
    await within("the end of all", closed);
    await eventually("it is gone here too", () => listener.metrics.connectionsOpen === 0);
  });
}
