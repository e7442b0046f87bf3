import assert from "node:assert/strict";
import * as fc from "fast-check";
import { createRedact, secretsInQuery } from "./redact.ts";

const redact = createRedact();

const LINES: [name: string, line: string, redacted: string][] = [
  [
    "a URL in a line of FFmpeg's",
    "rtsp://user:p%40ss@10.0.0.1:554/x: Server returned 401 Unauthorized (authorization failed)",
    "rtsp://***@10.0.0.1:554/x: Server returned 401 Unauthorized (authorization failed)",
  ],
  [
    "an @ in the password",
    "[rtsp @ 0x55d0c0] method DESCRIBE failed: rtsps://admin:p@ss@w@cam.local/1",
    "[rtsp @ 0x55d0c0] method DESCRIBE failed: rtsps://***@cam.local/1",
  ],
  ["a slash in the password", "rtsp://admin:a/b?c#d@cam/1 not found", "rtsp://***@cam/1 not found"],
  ["a user without a password", "rtsp://admin@cam/1", "rtsp://***@cam/1"],
  ["a scheme in capitals", "RTSP://admin:secret@cam/1", "RTSP://***@cam/1"],
  [
    "two URLs",
    "from rtsp://a:b@one/x to http://c:d@two/y",
    "from rtsp://***@one/x to http://***@two/y",
  ],
  [
    "a password in the query",
    "rtsp://cam/live?user=admin&password=hunter2&channel=1",
    "rtsp://cam/live?user=admin&password=***&channel=1",
  ],
  ["pwd first", "http://cam/snap.cgi?pwd=hunter2", "http://cam/snap.cgi?pwd=***"],
  [
    "the path that some recorders use",
    "rtsp://cam/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream",
    "rtsp://cam/user=admin_password=***",
  ],
  ["other names", "TOKEN=abc secret=def api_key=ghi", "TOKEN=*** secret=*** api_key=***"],
  ["a bearer token", "Authorization: Bearer abc.DEF-123_~+/=", "Authorization: Bearer ***"],
  ["a bearer token in prose", "sent bearer s3cr3t, refused", "sent bearer ***, refused"],
  [
    "a signed token wherever it stands",
    "GET /?t=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln-_0 and porthole=eyJhbGciOiJub25lIn0.eyJhIjoxfQ.;",
    "GET /?t=*** and porthole=***;",
  ],
  ["Basic", "> Authorization: Basic YWRtaW46aHVudGVyMg==", "> Authorization: Basic ***"],
];

for (const [name, line, redacted] of LINES) {
  Deno.test(`redacted: ${name}`, () => assert.equal(redact(line), redacted));
}

Deno.test("lines without secrets stay as they are", () => {
  const lines = [
    "rtsp://10.0.0.1:554/x: Connection refused",
    "publishing to http://[::1]:3000/ingest/front-door",
    "[rtsp @ 0x55d0c0] Could not find codec parameters",
    "mail to someone@example.com, see https://example.com/a",
    "frame=  30 fps= 30 q=-1.0 size=     117KiB time=00:00:01.00",
  ];
  for (const line of lines) assert.equal(redact(line), line);
});

Deno.test("known secrets are hidden wherever they stand", () => {
  const redactKnown = createRedact(["hunter2", "p@ss:w rd"]);
  assert.equal(redactKnown("xhunter2x and hunter2"), "x***x and ***");
  assert.equal(redactKnown("user p@ss:w rd refused"), "user *** refused");
  assert.equal(redactKnown("password p%40ss%3Aw%20rd refused"), "password *** refused");
});

Deno.test("a known secret is hidden in a quoted field of a log line too", () => {
  const secret = 'quo"te\\slash';
  const line = `cause=${JSON.stringify(`the camera refuses ${secret} as password`)}`;
  assert.equal(createRedact([secret])(line), 'cause="the camera refuses *** as password"');
});

Deno.test("of two known secrets the longer one goes first", () => {
  assert.equal(createRedact(["hunter", "hunter2000"])("hunter2000"), "***");
});

Deno.test("a short or empty known secret does not blank out ordinary words", () => {
  assert.equal(createRedact(["", "a", "cam"])("a camera at cam"), "a camera at cam");
  assert.equal(createRedact(["cam"])("rtsp://u:cam@host"), "rtsp://***@host");
});

Deno.test("no known secret of any kind is left in any line", () => {
  const secret = fc.string({ minLength: 4, maxLength: 20 }).filter((text) => !text.includes("*"));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (password, before, after) => {
      const redactKnown = createRedact([password]);
      for (const written of [password, encodeURIComponent(password)]) {
        const line = redactKnown(before + written + after);
        assert.ok(!line.includes(written), line);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("no password in a URL is left, whatever its characters", () => {
  const password = fc.stringMatching(/^[!-~]{4,30}$/).filter((text) => !text.includes("*"));
  fc.assert(
    fc.property(password, (text) => {
      const line = redact(`rtsp://admin:${text}@cam.local:554/1: Invalid data found`);
      assert.equal(line, "rtsp://***@cam.local:554/1: Invalid data found");
    }),
    { numRuns: 500 },
  );
});

Deno.test("of a Digest nothing is left to guess at", () => {
  const line = 'Authorization: Digest username="admin", nonce="n", response="5f4dcc3b5aa7"';
  assert.equal(redact(`> ${line}`), "> Authorization: Digest ***");
});

Deno.test("headers and properties in JSON are hidden, in JSON inside JSON too", () => {
  const headers = {
    authorization: "Basic YWRtaW46aHVudGVyMg==",
    cookie: "session=abcdef; theme=dark",
    "set-cookie": "session=abcdef; HttpOnly",
    body: { password: "hunter2", accessToken: "abcdef", stream: "door" },
  };
  const once = JSON.stringify(headers);
  for (const line of [once, JSON.stringify({ headers: once })]) {
    const hidden = redact(line);
    for (const secret of ["YWRtaW46", "abcdef", "hunter2"]) assert.ok(!hidden.includes(secret));
    assert.match(hidden, /door/);
  }
});

Deno.test("a signed token is known by its looks", () => {
  const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkb29yIn0.c2lnbmF0dXJl-_A";
  assert.equal(redact(`refused ${token}, expired`), "refused ***, expired");
});

Deno.test("a known secret is hidden however it is written", () => {
  const secret = `p@s/s ü"\\%+'é`;
  const hide = createRedact([secret]);
  const bytes = new TextEncoder().encode(secret);
  const url = new URL("rtsp://cam/");
  url.password = secret;
  const written = [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).toLowerCase(),
    encodeURIComponent(secret).replaceAll("%40", "@"),
    url.password,
    new URLSearchParams({ "": secret }).toString().slice(1),
    bytes.toBase64(),
    bytes.toBase64({ alphabet: "base64url", omitPadding: true }),
  ];
  const lines = written.flatMap((text) => {
    const quoted = JSON.stringify({ text });
    return [`is ${text} here`, quoted, JSON.stringify({ quoted })];
  });
  for (const line of lines) {
    assert.match(hide(line), /^(is \*\*\* here|.*"text\\?":\\?"\*\*\*\\?".*)$/);
  }
});

Deno.test("secrets in a camera's query are found by their names", () => {
  const url = new URL("rtsp://cam/1?user=admin&password=p%40ss&pw=x&channel=1&token=t");
  assert.deepEqual(secretsInQuery(url), ["p@ss", "x", "t"]);
});

Deno.test("no text makes the patterns slow", () => {
  const hide = createRedact(['\\\\\\\\""""', "aaaaaaaa"]);
  const texts = [
    "://",
    ":",
    "a",
    "@",
    "\\",
    '"',
    "eyJ",
    "token=",
    "Bearer ",
    "cookie",
    "authorization: ",
  ];
  const startMs = performance.now();
  for (const text of texts) hide(text.repeat(100_000 / text.length));
  assert.ok(performance.now() - startMs < 20_000);
});
