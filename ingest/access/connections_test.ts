import assert from "node:assert/strict";
import { connect } from "node:http2";
import { eventually } from "../testing/eventually.ts";
import { encode, jpegData, jpegFrame } from "../testing/frames.ts";
import { TestIngest } from "../testing/test_ingest.ts";
import { TestMesh } from "../testing/test_mesh.ts";
import { TestProducer } from "../testing/test_producer.ts";
import { TestViewer } from "../testing/test_viewer.ts";
import { AUTH_SECRET, hs256, secondsFromNow, tokenFor } from "../testing/tokens.ts";
import { within } from "../testing/within.ts";

const ENV = { AUTH_SECRET, ALLOWED_ORIGINS: "https://dash.example" };
const ALL = tokenFor({ watch: ["*"], publish: ["*"], operate: true });

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Signed now, and good for so long: at least two seconds, for times are told in whole ones. */
function briefToken(claims: Record<string, unknown>): Record<string, string> {
  return bearer(hs256({ exp: secondsFromNow(2), ...claims }));
}

async function post(ingest: TestIngest): Promise<void> {
  const init = { method: "POST", body: encode(jpegFrame()), headers: bearer(ALL) };
  const response = await ingest.fetch("/ingest/cam", init);
  assert.equal(response.status, 200, await response.text());
}

/** The status of what is answered to an upgrade, and the code in it. */
async function upgradeAnswer(
  ingest: TestIngest,
  target: string,
  lines: readonly string[] = [],
): Promise<readonly [number, string | undefined]> {
  const { hostname, port } = ingest.address;
  using connection = await Deno.connect({ hostname, port });
  const head = [
    `GET ${target} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...lines,
  ];
  await connection.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
  const buffer = new Uint8Array(8192);
  const bytes = await within("an answer", connection.read(buffer));
  const answer = new TextDecoder().decode(buffer.subarray(0, bytes ?? 0));
  return [Number(answer.slice(9, 12)), /"code":"(\w+)"/.exec(answer)?.[1]];
}

Deno.test("an upgrade is let in or refused before it is one, with the reason", async () => {
  await using ingest = await TestIngest.start(ENV);
  const answer = (target: string, ...lines: string[]) => upgradeAnswer(ingest, target, lines);
  const good = `Authorization: Bearer ${ALL}`;
  const cookie = `Cookie: a=b; porthole=${tokenFor({ watch: ["cam"] })}`;
  const own = `Origin: http://127.0.0.1:${ingest.address.port}`;
  assert.deepEqual(await answer("/ws/cam"), [401, "unauthorized"]);
  assert.deepEqual(await answer("/ws/cam", "Authorization: Bearer x.y.z"), [401, "unauthorized"]);
  assert.deepEqual(await answer("/ws/cam?token=" + ALL), [401, "unauthorized"]);
  assert.deepEqual(await answer("/ws/other", cookie), [403, "forbidden"]);
  assert.deepEqual(await answer("/ws/cam", cookie, "Origin: https://evil.example"), [
    403,
    "foreign_origin",
  ]);
  assert.deepEqual(await answer("/ws/cam", cookie, "Origin: null"), [403, "foreign_origin"]);
  const offer = (...names: string[]) => `Sec-WebSocket-Protocol: ${names.join(", ")}`;
  const page = "Origin: https://dash.example";
  const token = (watch: string[]) => `porthole.token.${tokenFor({ watch })}`;
  const door = offer("porthole.v1", token(["cam"]));
  assert.deepEqual(await answer("/ws/cam", door, page), [101, undefined]);
  assert.deepEqual(await answer("/ws/other", door, page), [403, "forbidden"]);
  assert.deepEqual(await answer("/ws/cam", door, "Origin: https://evil.example"), [
    403,
    "foreign_origin",
  ]);
  for (const wrong of [`porthole.token.${ALL}x`, "porthole.token.", token([])]) {
    const [status] = await answer("/ws/cam", offer("porthole.v1", wrong), cookie, page);
    assert.ok(status === 401 || status === 403, "a token that is given counts, not the cookie");
  }
  const twice = `${good}\r\nAuthorization: Bearer x.y.z`;
  assert.deepEqual(await answer("/ws/cam", twice), [401, "unauthorized"]);
  for (const origin of [own, "Origin: https://dash.example"]) {
    assert.deepEqual(await answer("/ws/cam", cookie, origin), [101, undefined]);
    assert.deepEqual(await answer("/ws/cam", good, origin), [101, undefined]);
  }
});

Deno.test("no way to write the path of a socket leads past the check", async () => {
  await using ingest = await TestIngest.start(ENV);
  const { port } = ingest.address;
  const targets = [
    ...["/ws", "/ws/cam", "//ws/cam", "/ws//cam", "/ws/cam/", "/WS/cam", "/%77s/cam", "/ws/%63am"],
    ...["/./ws/cam", "/x/../ws/cam", "/healthz/../ws/cam", "/healthz/%2e%2e/ws/cam", "/ws%2fcam"],
    ...[
      "/\\ws\\cam",
      "/ws\\cam",
      "/ws/cam?/healthz",
      "/ws/cam#",
      "/healthz?/ws/cam",
      "/main.js/ws",
    ],
    ...[`http://127.0.0.1:${port}/ws/cam`, `http://healthz/ws/cam`, "*", "ws/cam", "/ws/cam%00"],
  ];
  for (const target of targets) {
    const [status] = await upgradeAnswer(ingest, target);
    const isHarmless = target.startsWith("/healthz?") && status === 200;
    assert.ok([400, 401, 404].includes(status) || isHarmless, `${target}: ${status}`);
  }
});

Deno.test("over HTTP/2 the same is asked", async () => {
  await using ingest = await TestIngest.start(ENV);
  const { hostname, port } = ingest.address;
  const session = connect(`http://${hostname}:${port}`);
  const statusOf = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const stream = session.request(headers);
      stream.on("response", ({ ":status": status }) => resolve(status));
      stream.on("error", reject);
      stream.resume();
    });
  session.on("error", () => {});
  assert.equal(await statusOf({ ":path": "/api/streams" }), 401);
  assert.equal(await statusOf({ ":path": "/api/streams", ...bearer(ALL) }), 200);
  const foreign = { ":path": "/api/streams", origin: "https://evil.example", ...bearer(ALL) };
  assert.equal(await statusOf(foreign), 403);
  const own = { ":path": "/api/streams", origin: `http://${hostname}:${port}`, ...bearer(ALL) };
  assert.equal(await statusOf(own), 200);
  await new Promise<void>((resolve) => session.close(resolve));
});

/** What is asked over HTTP/2, each on a connection of its own, without a token. */
const HTTP2_TRICKS: readonly Record<string, string>[] = [
  ...["api/streams", "http://healthz/api/streams", "*", "//api/streams", "/api%2fstreams"].map(
    (path) => ({ ":path": path }),
  ),
  ...["/api/streams;/healthz", "/x/../api/streams"].map(
    (path) => ({ ":path": path }),
  ),
  ...["HEAD", "OPTIONS", "get", "PUT"].map(
    (method) => ({ ":path": "/api/streams", ":method": method }),
  ),
  { ":path": "/metrics", ":method": "HEAD" },
  { ":path": "/api/streams", ":scheme": "ftp" },
  { ":path": "/api/streams", ":authority": "localhost@evil.example" },
  { ":path": "/api/streams", "x-http-method-override": "OPTIONS", "x-original-url": "/healthz" },
];
Deno.test("no way to ask over HTTP/2 leads past the check", async () => {
  await using ingest = await TestIngest.start(ENV);
  for (const headers of HTTP2_TRICKS) {
    const session = connect(ingest.url);
    const closed = new Promise<void>((resolve) => session.once("close", () => resolve()));
    const status = await within(
      JSON.stringify(headers),
      new Promise<number | undefined>((resolve) => {
        session.on("error", () => resolve(undefined));
        session.on("close", () => resolve(undefined));
        const stream = session.request({ ":method": "GET", ...headers });
        stream.on("response", ({ ":status": found }) => resolve(found));
        stream.on("error", () => resolve(undefined));
        stream.on("close", () => resolve(undefined));
        stream.resume();
        stream.end();
      }),
    );
    assert.ok(
      status === undefined || [400, 401, 404].includes(status),
      JSON.stringify([headers, status]),
    );
    session.destroy();
    await closed;
  }
});

Deno.test("a viewer whose token expires is told so and closed with 1008, others stay", async () => {
  await using ingest = await TestIngest.start(ENV);
  await using stays = await TestViewer.watch(ingest, "/ws/cam", bearer(ALL));
  const brief = briefToken({ watch: ["cam"] });
  await using viewer = await TestViewer.watch(ingest, "/ws/cam", brief);
  await using plain = await TestViewer.watchPlainly(ingest, "/ws/cam", brief);
  await viewer.control("stream");
  const { code, reason } = await viewer.control("bye");
  assert.deepEqual([code, reason], ["expired", "the session has expired; log in again"]);
  assert.equal((await viewer.closed).code, 1008);
  assert.equal((await plain.closed).code, 1008);
  assert.equal(plain.received.length, 0);
  await assert.rejects(TestViewer.watch(ingest, "/ws/cam", brief), /refused/);
  await post(ingest);
  stays.send({ type: "hello", codecs: ["jpeg"] });
  await stays.framesReceived(1);
});

Deno.test("mjpeg ends with its token", async () => {
  await using ingest = await TestIngest.start(ENV);
  await post(ingest);
  const headers = briefToken({ watch: ["cam"] });
  const response = await ingest.fetch("/api/streams/cam/mjpeg", { headers });
  assert.match(await within("the end", response.text()), /^--porthole-frame/);
});

Deno.test("mjpeg that is not read does not outlast its token", async () => {
  await using ingest = await TestIngest.start(ENV);
  const large = encode(jpegFrame({ data: jpegData(16, 16, 7_000_000) }));
  const init = { method: "POST", body: large, headers: bearer(ALL) };
  const postLarge = async () => void await (await ingest.fetch("/ingest/cam", init)).text();
  await postLarge();
  const metric = async (name: string) => {
    const response = await ingest.fetch("/metrics", { headers: bearer(ALL) });
    return (await response.json() as Record<string, number>)[name] ?? NaN;
  };
  const before = await metric("connections_open");
  using stuck = await Deno.connect(ingest.address);
  const lines = [
    "GET /api/streams/cam/mjpeg HTTP/1.1",
    "Host: 127.0.0.1",
    `Authorization: ${briefToken({ watch: ["cam"] })["authorization"]}`,
  ];
  await stuck.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  await eventually("it is there", async () => await metric("clients_connected") === 1);
  // More than the kernel takes.
  for (let count = 0; count < 3; count++) await postLarge();
  await eventually("it is out", async () => await metric("clients_connected") === 0);
  await eventually("and its connection", async () => await metric("connections_open") <= before);
});

Deno.test("a live publish ends with its token, and is told why", async () => {
  await using ingest = await TestIngest.start(ENV);
  const headers = briefToken({ publish: ["cam"] });
  await using producer = await TestProducer.publish(ingest, "/ingest/cam", headers);
  producer.send(jpegFrame({ seq: 1 }));
  const { code } = await producer.answer("bye");
  assert.equal(code, "expired");
  await producer.ended;
  await assert.rejects(TestProducer.publish(ingest, "/ingest/cam", headers), /401.*expired/);
});

Deno.test("a session made on one worker holds on all of them", async () => {
  const WATCH_PASSWORD = "correct horse";
  await using mesh = await TestMesh.start(2, { WATCH_PASSWORD, INGEST_WORKERS: "2" });
  const login = await mesh.worker(0).fetch("/api/session", {
    method: "POST",
    body: JSON.stringify({ password: WATCH_PASSWORD }),
  });
  assert.equal(login.status, 200, await login.text());
  const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
  for (const worker of mesh.workers) {
    const response = await worker.fetch("/api/streams", { headers: { cookie } });
    assert.equal(response.status, 200, await response.text());
    const refused = await worker.fetch("/api/streams");
    assert.equal(refused.status, 401, await refused.text());
  }
});

Deno.test("behind a proxy that is trusted each client has its own tries at the password", async () => {
  const WATCH_PASSWORD = "correct horse";
  await using ingest = await TestIngest.start({ WATCH_PASSWORD, TRUSTED_PROXIES: "127.0.0.0/8" });
  const logIn = async (forwardedFor: string, password: string) => {
    const response = await ingest.fetch("/api/session", {
      method: "POST",
      body: JSON.stringify({ password }),
      headers: { "x-forwarded-for": forwardedFor },
    });
    await response.body?.cancel();
    return response.status;
  };
  for (let index = 0; index < 10; index++) {
    assert.equal(await logIn(`10.0.0.${index}, 198.51.100.1`, "wrong"), 401);
  }
  assert.equal(await logIn("10.0.0.99, 198.51.100.1", WATCH_PASSWORD), 429);
  assert.equal(await logIn("198.51.100.2", WATCH_PASSWORD), 200);
});
