import { epochNowMs, LIVE_CONTENT_TYPE } from "@porthole/protocol";
import { Hono } from "hono";
import assert from "node:assert/strict";
import { loadConfig } from "../config.ts";
import { RecordingPublisher } from "../testing/doubles.ts";
import { encode, jpegFrame } from "../testing/frames.ts";
import { refusalOf, TestApp } from "../testing/test_app.ts";
import { AUTH_SECRET, hs256, secondsFromNow, tokenFor } from "../testing/tokens.ts";
import { Access } from "./access.ts";
import { createGate, type GateEnv } from "./gate.ts";

const ALL = tokenFor({ watch: ["*"], publish: ["*"], operate: true });
/** Whoever anybody may ask for, as HTTP has it: answered before anybody is asked who they are. */
const OPEN = new Set([
  ...["GET /", "GET /main.js", "GET /main.js.map", "GET /decode_worker.js"],
  ...["GET /decode_worker.js.map", "GET /media_source.js", "GET /media_source.js.map"],
  ...["GET /latency_chart.js", "GET /latency_chart.js.map", "GET /uplot.css"],
  ...["GET /style.css", "GET /favicon.svg"],
  ...["GET /embed.js", "GET /embed.js.map", "GET /embed.d.ts", "GET /embed.html"],
  ...["GET /embed_example.js", "GET /embed_example.css"],
  ...["GET /watch.js", "GET /watch.js.map", "GET /watch.d.ts"],
  ...["GET /healthz", "GET /readyz", "POST /api/session", "DELETE /api/session"],
]);

function bearer(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** Each route that answers, with a stream's id where it takes one. */
function endpoints(app: TestApp): { method: string; path: string; pattern: string }[] {
  const handlers = app.routes.filter(({ method, path }) => method !== "ALL" || path !== "/*");
  const unique = new Map(
    handlers.map(({ method, path }) => [`${method} ${path}`, { method, path }]),
  );
  return [...unique.values()].map(({ method, path }) => ({
    method,
    path: path.replace(":stream", "cam"),
    pattern: `${method} ${path}`,
  }));
}

async function codeOf(response: Response): Promise<string> {
  const text = await response.text();
  return text.startsWith("{") ? JSON.parse(text).error?.code ?? "" : "";
}

Deno.test("every route asks who it is, but those that are listed here", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  const all = endpoints(app);
  assert.equal(all.length, 36, "a route that is new belongs into rules.ts, and is counted here");
  for (const { method, path, pattern } of all) {
    const response = await app.fetch(path, { method });
    const code = await codeOf(response);
    if (OPEN.has(pattern)) assert.notEqual(response.status, 403, pattern);
    else assert.deepEqual([response.status, code], [401, "unauthorized"], pattern);
  }
});

Deno.test("a route that nobody wrote a rule for is closed to everyone", async () => {
  const { access: config, host } = loadConfig({});
  const app = new Hono<GateEnv>()
    .use(createGate({ access: new Access(config), allowedOrigins: [], host }))
    .get("/new", (context) => context.text("secret"))
    .all("/any", (context) => context.text("secret"))
    .get("/*", (context) => context.text("secret"));
  for (const path of ["/new", "/any", "/what/ever"]) {
    assert.deepEqual(await refusalOf(await app.request(path)), [403, "forbidden"], path);
  }
});

Deno.test("HEAD, and every way to write a path, is the same or nothing", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  app.streams.open("cam").attach(new RecordingPublisher(), epochNowMs());
  const waysTo = (path: string) => [
    path,
    `${path}/`,
    `/${path}`,
    `${path}//`,
    path.replace("/", "//"),
    path.replaceAll("/", "//"),
    path.replace("a", "%61"),
    path.replace("cam", "%63am"),
    path.replace("cam", "%2563am"),
    path.replace("cam", "x/../cam"),
    path.replace("cam", "x%2f..%2fcam"),
    `/${path.slice(1).replaceAll("/", "%2f")}`,
    `/${path.slice(1).replaceAll("/", "\\")}`,
    path.toUpperCase(),
    `${path}?x=/healthz`,
    `${path}#/healthz`,
    `${path};a=b`,
    `/healthz/..${path}`,
    `/./${path.slice(1)}`,
    `${path}%00`,
    `${path}.js`,
  ];
  for (const { method, path, pattern } of endpoints(app)) {
    if (OPEN.has(pattern)) continue;
    for (const way of waysTo(path)) {
      for (const with_ of method === "GET" ? ["GET", "HEAD"] : [method]) {
        const { status } = await app.fetch(way, { method: with_ });
        assert.ok(status === 401 || status === 404, `${with_} ${way}: ${status}`);
      }
    }
  }
});

Deno.test("a token for one stream does on the routes of that one, and is 403 on all others", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  const token = tokenFor({ watch: ["door"], publish: ["door"] });
  const routes = endpoints(app).filter(({ path }) => path.includes("cam"));
  assert.equal(routes.length, 6);
  for (const { method, path } of routes) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/msgpack" };
    const elsewhere = await app.fetch(path, { method, headers });
    assert.deepEqual(await refusalOf(elsewhere), [403, "forbidden"], path);
    if (path.endsWith("/viewers")) continue;
    const there = await app.fetch(path.replace("cam", "door"), { method, headers });
    assert.ok(![401, 403].includes(there.status), `${path}: ${there.status}`);
    await there.body?.cancel();
  }
});

Deno.test("no stream named means default, for tokens too", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  for (const [method, path] of [["POST", "/ingest"], ["GET", "/ws"]] as const) {
    const door = { method, ...bearer(tokenFor({ watch: ["door"], publish: ["door"] })) };
    assert.deepEqual(await refusalOf(await app.fetch(path, door)), [403, "forbidden"]);
    const own = { method, ...bearer(tokenFor({ watch: ["default"], publish: ["default"] })) };
    assert.ok(![401, 403].includes((await app.fetch(path, own)).status));
  }
});

Deno.test("one right is not another", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  const watcher = bearer(tokenFor({ watch: ["*"] }));
  const publisher = bearer(tokenFor({ publish: ["*"] }));
  const operator = bearer(tokenFor({ operate: true }));
  const statusOf = async (path: string, who: RequestInit, method = "GET") =>
    (await app.fetch(path, { method, ...who })).status;
  assert.equal(await statusOf("/ingest/cam", watcher, "POST"), 403);
  assert.equal(await statusOf("/ingest/cam", operator, "POST"), 403);
  for (const path of ["/api/streams", "/ws/cam", "/api/session"]) {
    assert.equal(await statusOf(path, publisher), 403, path);
    assert.equal(await statusOf(path, operator), 403, path);
  }
  for (const path of ["/metrics", "/api/streams/cam/viewers"]) {
    assert.equal(await statusOf(path, watcher), 403, path);
    assert.equal(await statusOf(path, publisher), 403, path);
    assert.equal(await statusOf(path, operator), 200, path);
  }
});

Deno.test("streams that may not be watched are not listed", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  for (const id of ["door", "garden", "yard"]) {
    const response = await app.fetch(`/ingest/${id}`, {
      method: "POST",
      body: encode(jpegFrame()),
      ...bearer(ALL),
    });
    assert.equal(response.status, 200, await response.text());
  }
  const listed = async (watch: string[]) => {
    const response = await app.fetch("/api/streams", bearer(tokenFor({ watch })));
    const { streams } = await response.json();
    return streams.map(({ id }: { id: string }) => id);
  };
  assert.deepEqual(await listed(["door", "yard", "nowhere"]), ["door", "yard"]);
  assert.deepEqual(await listed(["*"]), ["door", "garden", "yard"]);
});

Deno.test("PUBLISH_TOKEN publishes and operates beside signed tokens, and watches nothing", async () => {
  using app = new TestApp({ env: { AUTH_SECRET, PUBLISH_TOKEN: "p@ss-w{}rd#\\of%printable~" } });
  const who = bearer("p@ss-w{}rd#\\of%printable~");
  const post = { method: "POST", body: encode(jpegFrame()), ...who };
  assert.equal((await app.fetch("/ingest/cam", post)).status, 200);
  assert.equal((await app.fetch("/metrics", who)).status, 200);
  assert.equal((await app.fetch("/api/streams", who)).status, 403);
});

const WRONG = {
  "nothing": undefined,
  "another token": "Bearer another-token",
  "a beginning of the token": "Bearer a-good-toke",
  "the token and more": "Bearer a-good-tokenx",
  "an empty token": "Bearer ",
  "no scheme": "a-good-token",
  "another scheme": "Basic a-good-token",
  "two tokens": "Bearer a-good-token a-good-token",
};
for (const [name, authorization] of Object.entries(WRONG)) {
  Deno.test(`${name} is 401, with the scheme that is wanted`, async () => {
    using app = new TestApp({ env: { PUBLISH_TOKEN: "a-good-token" } });
    const headers = authorization === undefined ? {} : { authorization };
    const response = await app.fetch("/ingest", { method: "POST", headers });
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
    assert.deepEqual(await refusalOf(response), [401, "unauthorized"]);
  });
}

for (const scheme of ["Bearer", "bearer", "BEARER "]) {
  Deno.test(`the token is let in after "${scheme}"`, async () => {
    using app = new TestApp({ env: { PUBLISH_TOKEN: "a-good-token" } });
    const headers = { authorization: `${scheme} a-good-token` };
    assert.equal((await app.fetch("/metrics", { headers })).status, 200);
  });
}

Deno.test("an answer holds nothing of the token it refuses", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  const tokens = [
    hs256({ watch: ["*"], exp: secondsFromNow(-1) }),
    hs256({ watch: ["*"] }),
    hs256({ watch: ["*"], exp: secondsFromNow(60) }, { secret: "other" }),
  ];
  for (const token of tokens) {
    const response = await app.fetch("/api/streams", bearer(token));
    assert.equal(response.status, 401);
    const text = await response.text();
    for (const part of token.split(".")) assert.ok(!text.includes(part), text);
  }
});

Deno.test("where nothing is set everything is open, and viewers are shown to this machine", async () => {
  using app = new TestApp();
  for (const path of ["/api/streams", "/metrics", "/api/streams/cam/viewers", "/api/session"]) {
    assert.equal((await app.fetch(path)).status, 200, path);
  }
  app.address = "192.168.1.7";
  const refused = await app.fetch("/api/streams/cam/viewers");
  assert.deepEqual(await refusalOf(refused), [403, "operators_only"]);
  assert.equal((await app.fetch("/metrics")).status, 200);
});

Deno.test("a password for watching closes publishing too, unless AUTH=off", async () => {
  const WATCH_PASSWORD = "correct horse";
  using closed = new TestApp({ env: { WATCH_PASSWORD } });
  assert.equal((await closed.post("/ingest", encode(jpegFrame()))).status, 401);
  using open = new TestApp({ env: { WATCH_PASSWORD, AUTH: "off" } });
  assert.equal((await open.post("/ingest", encode(jpegFrame()))).status, 200);
  assert.equal((await open.fetch("/api/streams")).status, 401);
});

Deno.test("a page of another origin is refused, whatever it carries; programs have none", async () => {
  using app = new TestApp({ env: { AUTH_SECRET, ALLOWED_ORIGINS: "https://dash.example" } });
  const requests = [["GET", "/api/streams"], ["GET", "/metrics"], ["POST", "/ingest/cam"]] as const;
  const session = ["POST", "/api/session"] as const;
  const ask = (method: string, path: string, origin?: string) => {
    const headers = { authorization: `Bearer ${ALL}`, ...(origin === undefined ? {} : { origin }) };
    return app.fetch(path, { method, headers });
  };
  for (const [method, path] of [...requests, session, ["DELETE", "/api/session"] as const]) {
    for (const origin of ["http://evil.example", "null", "http://localhost:8080"]) {
      const refused = await ask(method, path, origin);
      assert.deepEqual(await refusalOf(refused), [403, "foreign_origin"], `${path} ${origin}`);
    }
    for (const origin of [undefined, "http://localhost:3000", "https://dash.example"]) {
      const { status } = await ask(method, path, origin);
      assert.notEqual(status, 403, `${path} ${origin}`);
    }
  }
});

Deno.test("no page elsewhere publishes by a form's content type, where nothing is set", async () => {
  using app = new TestApp();
  const types = ["text/plain", "application/x-www-form-urlencoded", "application/msgpack"];
  for (const type of [...types, LIVE_CONTENT_TYPE]) {
    const headers = { origin: "http://evil.example", "content-type": type };
    const response = await app.post("/ingest/cam", encode(jpegFrame()), headers);
    assert.deepEqual(await refusalOf(response), [403, "foreign_origin"], type);
  }
  assert.deepEqual(app.streams.published(), []);
});

Deno.test("a name that turned into this address gets nothing, where nobody is asked who they are", async () => {
  using open = new TestApp({ env: { ALLOWED_ORIGINS: "https://cams.example" } });
  open.base = "http://rebound.example:3000";
  // To the browser that page is of this very origin.
  const init = { headers: { origin: "http://rebound.example:3000" } };
  for (const { method, path, pattern } of endpoints(open)) {
    if (OPEN.has(pattern)) continue;
    const response = await open.fetch(path, { method, ...init });
    assert.deepEqual(await refusalOf(response), [403, "foreign_host"], pattern);
  }
  open.base = "http://cams.example";
  assert.equal((await open.fetch("/api/streams")).status, 200);
  using guarded = new TestApp({ env: { AUTH_SECRET } });
  guarded.base = "http://cams.example";
  assert.equal((await guarded.fetch("/api/streams", bearer(ALL))).status, 200);
});

Deno.test("the name that was given as INGEST_HOST is one of ours", async () => {
  using app = new TestApp({ env: { INGEST_HOST: "cams.example", AUTH: "off" } });
  app.base = "http://CAMS.example:3000";
  assert.equal((await app.fetch("/api/streams")).status, 200);
});

Deno.test("scripts of pages elsewhere may read answers only where their origin is allowed", async () => {
  using app = new TestApp({ env: { AUTH_SECRET, ALLOWED_ORIGINS: "https://dash.example" } });
  const ask = (origin: string, method = "GET") =>
    app.fetch("/api/streams", {
      method,
      headers: {
        origin,
        authorization: `Bearer ${ALL}`,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
      },
    });
  const allowed = await ask("https://dash.example");
  assert.equal(allowed.headers.get("access-control-allow-origin"), "https://dash.example");
  assert.equal(allowed.headers.get("access-control-allow-credentials"), "true");
  assert.match(allowed.headers.get("vary") ?? "", /Origin/);
  const preflight = await ask("https://dash.example", "OPTIONS");
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), "https://dash.example");
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /Authorization/);
  for (const method of ["GET", "OPTIONS"]) {
    const foreign = await ask("https://evil.example", method);
    assert.ok(foreign.status >= 400);
    for (const [name] of foreign.headers) assert.doesNotMatch(name, /^access-control/);
    assert.match(foreign.headers.get("vary") ?? "", /Origin/);
  }
  using closed = new TestApp();
  const same = await closed.fetch("/api/streams", { headers: { origin: "http://localhost:3000" } });
  for (const [name] of same.headers) assert.doesNotMatch(name, /^access-control/);
});

Deno.test("a token among subprotocols is for handshakes alone, and is never chosen", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  const headers = { "sec-websocket-protocol": `porthole.v1, porthole.token.${ALL}` };
  assert.equal((await app.fetch("/api/streams", { headers })).status, 401);
  assert.equal((await app.fetch("/ingest", { method: "POST", headers })).status, 401);
});
