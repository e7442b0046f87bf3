import { install } from "@sinonjs/fake-timers";
import assert from "node:assert/strict";
import { refusalOf, TestApp } from "../testing/test_app.ts";
import { AUTH_SECRET, hs256, secondsFromNow, tokenFor } from "../testing/tokens.ts";

const WATCH_PASSWORD = "correct horse";
const DAY_S = 24 * 3600;

function logIn(
  app: TestApp,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return app.post("/api/session", JSON.stringify(body), headers);
}

function cookieOf(response: Response): string {
  return response.headers.get("set-cookie") ?? "";
}

/** As a browser sends it back. */
function sentBack(response: Response): Record<string, string> {
  return { cookie: cookieOf(response).split(";")[0] ?? "" };
}

Deno.test("the password makes a session of thirty days for all streams, and no more than watching", async () => {
  using app = new TestApp({ env: { WATCH_PASSWORD } });
  const response = await logIn(app, { password: WATCH_PASSWORD });
  const { login, watch, expiresAt } = await response.json();
  assert.deepEqual([response.status, login, watch], [200, true, ["*"]]);
  assert.ok(Math.abs(Date.parse(expiresAt) - Date.now() - 30 * DAY_S * 1000) < 60_000);
  const cookie = cookieOf(response);
  assert.match(
    cookie,
    /^porthole=eyJ[^;]+; Max-Age=259(1999|2000); Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const headers = sentBack(response);
  assert.equal((await app.fetch("/api/streams", { headers })).status, 200);
  assert.equal((await app.fetch("/ws/cam", { headers })).status, 426);
  assert.equal((await app.fetch("/metrics", { headers })).status, 403);
  assert.equal((await app.fetch("/ingest/cam", { method: "POST", headers })).status, 403);
});

Deno.test("a session holds after a restart, and no longer than the secrets it is made of", async () => {
  using before = new TestApp({ env: { WATCH_PASSWORD } });
  const headers = sentBack(await logIn(before, { password: WATCH_PASSWORD }));
  const statusAfter = async (env: Record<string, string>) => {
    using after = new TestApp({ env });
    return (await after.fetch("/api/streams", { headers })).status;
  };
  assert.equal(await statusAfter({ WATCH_PASSWORD }), 200);
  assert.equal(await statusAfter({ WATCH_PASSWORD: "incorrect horse" }), 401);
  assert.equal(await statusAfter({ WATCH_PASSWORD, PUBLISH_TOKEN: "eight-or-more" }), 401);
  assert.equal(await statusAfter({ AUTH_SECRET }), 401);
});

Deno.test("a key made of the password alone signs nothing", async () => {
  using app = new TestApp({ env: { WATCH_PASSWORD } });
  for (const secret of [WATCH_PASSWORD, "", "porthole session"]) {
    const token = hs256({ watch: ["*"], exp: secondsFromNow(60) }, { secret });
    const headers = { cookie: `porthole=${token}` };
    assert.equal((await app.fetch("/api/streams", { headers })).status, 401);
  }
});

for (const password of ["correct hors", "correct horse ", "Correct horse", "", "x".repeat(256)]) {
  Deno.test(`"${password.slice(0, 20)}" is not the password`, async () => {
    using app = new TestApp({ env: { WATCH_PASSWORD } });
    const response = await logIn(app, { password });
    assert.equal(cookieOf(response), "");
    assert.deepEqual(await refusalOf(response), [401, "unauthorized"]);
  });
}

Deno.test("where there is no password, that is said", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  const response = await logIn(app, { password: "" });
  assert.match(await response.clone().text(), /there is no password here; a token is needed/);
  assert.deepEqual(await refusalOf(response), [401, "unauthorized"]);
});

Deno.test("a password is the same however its letters are composed", async () => {
  using app = new TestApp({ env: { WATCH_PASSWORD: "pi\u00f1ata-colada" } });
  assert.equal((await logIn(app, { password: "pin\u0303ata-colada" })).status, 200);
});

Deno.test("a token makes a session for what it says, as long as it says", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  const token = tokenFor({ watch: ["door"] });
  const response = await logIn(app, { token });
  assert.deepEqual((await response.json()).watch, ["door"]);
  const maxAgeS = Number(/Max-Age=(\d+)/.exec(cookieOf(response))?.[1]);
  assert.ok(maxAgeS > 3590 && maxAgeS <= 3600);
  const headers = sentBack(response);
  assert.equal((await app.fetch("/ws/door", { headers })).status, 426);
  assert.equal((await app.fetch("/ws/garden", { headers })).status, 403);
});

Deno.test("a token that is none, has expired or is not for watching makes no session", async () => {
  using app = new TestApp({ env: { AUTH_SECRET, PUBLISH_TOKEN: "eight-or-more" } });
  const tokens = [
    "x.y.z",
    hs256({ watch: ["*"], exp: secondsFromNow(-1) }),
    tokenFor({ publish: ["*"], operate: true }),
    "eight-or-more",
  ];
  for (const token of tokens) {
    const response = await logIn(app, { token });
    assert.equal(cookieOf(response), "");
    assert.deepEqual(await refusalOf(response), [401, "unauthorized"]);
  }
});

Deno.test("by TLS the cookie goes by TLS alone, to this host alone, whoever ends the TLS", async () => {
  using app = new TestApp({ env: { WATCH_PASSWORD } });
  const name = "__Host-porthole";
  const expected = new RegExp(`^${name}=[^;]+;.*Path=/; HttpOnly; Secure; SameSite=Strict$`);
  app.base = "https://cams.example";
  assert.match(cookieOf(await logIn(app, { password: WATCH_PASSWORD })), expected);
  app.base = "http://cams.example";
  const proxied = await logIn(app, { password: WATCH_PASSWORD }, {
    origin: "https://cams.example",
  });
  assert.match(cookieOf(proxied), expected);
  const headers = sentBack(proxied);
  assert.equal((await app.fetch("/api/streams", { headers })).status, 200);
  const planted = { cookie: `porthole=planted; ${headers["cookie"]}` };
  assert.equal((await app.fetch("/api/streams", { headers: planted })).status, 200);
});

Deno.test("where other sites may embed the page the cookie reaches their frames, by TLS alone", async () => {
  for (
    const setting of [
      { FRAME_ANCESTORS: "self https://dash.example" },
      { ALLOWED_ORIGINS: "https://dash.example" },
    ]
  ) {
    using app = new TestApp({ env: { WATCH_PASSWORD, ...setting } });
    assert.match(cookieOf(await logIn(app, { password: WATCH_PASSWORD })), /SameSite=Strict$/);
    app.base = "https://cams.example";
    const shared = cookieOf(await logIn(app, { password: WATCH_PASSWORD }));
    assert.match(shared, /Secure; SameSite=None; Partitioned$/);
  }
});

Deno.test("logging out drops the cookie, of either kind", async () => {
  using app = new TestApp({ env: { WATCH_PASSWORD } });
  const response = await app.fetch("/api/session", { method: "DELETE" });
  assert.equal(response.status, 204);
  const cookies = response.headers.getSetCookie();
  assert.equal(cookies.length, 2);
  assert.match(cookies[0] ?? "", /^porthole=; Max-Age=0; Path=\//);
  assert.match(cookies[1] ?? "", /^__Host-porthole=; Max-Age=0; Path=\/; HttpOnly; Secure/);
});

Deno.test("a browser is told whether it is logged in", async () => {
  using app = new TestApp({ env: { WATCH_PASSWORD } });
  assert.equal((await app.fetch("/api/session")).status, 401);
  const headers = sentBack(await logIn(app, { password: WATCH_PASSWORD }));
  assert.equal((await (await app.fetch("/api/session", { headers })).json()).login, true);
  using open = new TestApp();
  const told = await (await open.fetch("/api/session")).json();
  assert.deepEqual(told, { login: false, watch: ["*"], expiresAt: null });
});

const NO_CREDENTIALS = [
  ...["", "{", "null", "3", "[]", "{}", '{"password":3}', '{"token":null}', '"correct horse"'],
  `{"password":"${"x".repeat(257)}"}`,
  `{"token":"${"x".repeat(3073)}"}`,
  '{"__proto__":{"password":"correct horse"}}',
];
for (const body of NO_CREDENTIALS) {
  Deno.test(`no credentials: ${body.slice(0, 40)}`, async () => {
    using app = new TestApp({ env: { WATCH_PASSWORD } });
    assert.deepEqual(await refusalOf(await app.post("/api/session", body)), [400, "malformed"]);
  });
}

Deno.test("more than anybody types is not read", async () => {
  using app = new TestApp({ env: { WATCH_PASSWORD } });
  const response = await app.post("/api/session", "x".repeat(8 * 1024 + 1));
  assert.deepEqual(await refusalOf(response), [413, "too_large"]);
});

Deno.test("ten tries fail, then it takes patience, even for who knows; others are not held up", async () => {
  const clock = install({ toFake: ["Date"], now: Date.now() });
  try {
    using app = new TestApp({ env: { WATCH_PASSWORD } });
    for (let index = 0; index < 3; index++) {
      assert.equal((await logIn(app, { password: WATCH_PASSWORD })).status, 200);
    }
    // At the same time, so that none of them has failed when the last one comes.
    const tries = Array.from({ length: 30 }, (_, i) => logIn(app, { password: `wrong-${i}` }));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 401).length, 10);
    const refused = await logIn(app, { password: WATCH_PASSWORD });
    assert.equal(refused.headers.get("retry-after"), "6");
    assert.deepEqual(await refusalOf(refused), [429, "too_many_requests"]);
    app.address = "192.168.1.9";
    assert.equal((await logIn(app, { password: WATCH_PASSWORD })).status, 200);
    app.address = "127.0.0.1";
    clock.tick(6_000);
    assert.equal((await logIn(app, { password: WATCH_PASSWORD })).status, 200);
  } finally {
    clock.uninstall();
  }
});

Deno.test("over TLS a cookie that a neighbouring name may have planted is none", async () => {
  using app = new TestApp({ env: { AUTH_SECRET } });
  const token = tokenFor({ watch: ["*"] });
  const statusOf = async (cookie: string) =>
    (await app.fetch("/api/streams", { headers: { cookie } })).status;
  assert.equal(await statusOf(`porthole=${token}`), 200);
  app.base = "https://localhost:3000";
  assert.equal(await statusOf(`porthole=${token}`), 401);
  assert.equal(await statusOf(`porthole=${token}; __Host-porthole=${token}`), 200);
});
