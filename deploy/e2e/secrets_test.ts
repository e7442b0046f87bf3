import assert from "node:assert/strict";
import { VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import { hs256, secondsFromNow } from "../../ingest/testing/tokens.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { ArgumentWatch } from "../testing/argument_watch.ts";
import { eventually } from "../testing/browser.ts";
import { leaksIn, type PlantedSecret } from "../testing/planted_secret.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";

const SIZE = { widthPx: 320, heightPx: 240 };
const USER = "operator-7f3a";

const PASSWORD = { name: "camera password", value: `pä/s?s#w@r:d %"'&=+\\9`, user: USER };
const WRONG_PASSWORD = { name: "wrong password", value: `nö/t#th@is:1 %"'&`, user: USER };
const QUERY_PASSWORD = { name: "password in the query", value: "Qu3ry-s3cret&more=1" };
const TOKEN = { name: "publish token", value: `T0ken!"$%&/()=?+*~#'-_.:,;<>|` };
const WRONG_TOKEN = { name: "wrong token", value: `N0t-the-t0ken%2F"\\` };
const WATCH_PASSWORD = { name: "watch password", value: `wätch "me" & %2F\\ #1` };
const WRONG_WATCH_PASSWORD = { name: "wrong watch password", value: `nöt "me" & %2F\\ #2` };
const AUTH_SECRET = { name: "auth secret", value: `K3y-of-tokens!"$%&/()=?+*~#'-_.:,;<>|` };
const WATCH_TOKEN = {
  name: "watch token",
  value: hs256({ watch: ["*"], exp: secondsFromNow(3600) }, { secret: AUTH_SECRET.value }),
};
const SECRETS: readonly PlantedSecret[] = [
  PASSWORD,
  WRONG_PASSWORD,
  QUERY_PASSWORD,
  TOKEN,
  WRONG_TOKEN,
  WATCH_PASSWORD,
  WRONG_WATCH_PASSWORD,
  AUTH_SECRET,
  WATCH_TOKEN,
  { name: "camera user", value: USER },
];

const IMPATIENT = { RTSP_RETRY_ATTEMPTS: "2", RTSP_RETRY_DELAY: "1", LOG_LEVEL: "debug" };

interface Asker {
  /** The session's token as its cookie carries it, once somebody has logged in. */
  readonly session?: PlantedSecret;
}

/** What a login is answered, and the session's token in the cookie, which is there to be sent. */
async function logIn({ url }: Ingest, { value }: PlantedSecret): Promise<[string, PlantedSecret]> {
  const body = JSON.stringify({ password: value });
  const response = await fetch(`${url}api/session`, { method: "POST", body });
  const [, token = ""] = /^porthole=([^;]+);/.exec(response.headers.get("set-cookie") ?? "") ?? [];
  const headers = [...response.headers].filter(([name]) => name !== "set-cookie");
  const said = JSON.stringify([response.status, ...headers]) + await response.text();
  return [said, { name: "session cookie", value: token }];
}

/** What ingest says to whoever asks, its refusals included. */
async function askEverything(
  { url }: Ingest,
  { session }: Asker = {},
): Promise<Record<string, string>> {
  const bearer = { authorization: `Bearer ${TOKEN.value}` };
  const wrong = { authorization: `Bearer ${WRONG_TOKEN.value}` };
  const token = { authorization: `Bearer ${WATCH_TOKEN.value}` };
  const cookie = session === undefined ? token : { cookie: `porthole=${session.value}` };
  const wrongQuery = `?token=${encodeURIComponent(WRONG_TOKEN.value)}`;
  const tokenQuery = `?token=${encodeURIComponent(WATCH_TOKEN.value)}`;
  const requests: readonly [string, RequestInit?][] = [
    ["api/streams"],
    ["api/streams/default"],
    ...["api/streams", "api/streams/default", "api/session", "metrics", "ws"].flatMap((path) =>
      [token, cookie].map((headers): [string, RequestInit] => [path, { headers }])
    ),
    [`api/streams${tokenQuery}`],
    [`nowhere${tokenQuery}`, { headers: cookie }],
    ["ingest", { method: "POST", headers: token, body: "x" }],
    ["api/session", { method: "DELETE", headers: cookie }],
    ["api/session", { method: "POST", body: `{"password":${JSON.stringify(TOKEN.value)}` }],
    ["api/session", { method: "POST", body: JSON.stringify({ token: WRONG_TOKEN.value }) }],
    ["api/streams/default/viewers", { headers: bearer }],
    ["api/streams/default/viewers", { headers: wrong }],
    ["metrics", { headers: bearer }],
    ["metrics", { headers: { ...bearer, accept: "text/plain" } }],
    ["healthz"],
    [`nowhere${wrongQuery}`, { headers: wrong }],
    [`api/streams/${encodeURIComponent(WRONG_TOKEN.value)}`],
    ["ingest", { method: "POST", headers: wrong, body: "x" }],
    ["ingest", { method: "POST", headers: bearer, body: "x" }],
    [`ws${wrongQuery}`, { headers: wrong }],
  ];
  const answers: Record<string, string> = {};
  for (const [path, init] of requests) {
    const response = await fetch(`${url}${path}`, init ?? {});
    const head = JSON.stringify([response.status, ...response.headers]);
    answers[`${init?.method ?? "GET"} /${path.split("?")[0]} ${Object.keys(answers).length}`] =
      head + await response.text();
  }
  return answers;
}

/** What ingest tells a viewer, up to `enough`. */
async function watch(
  { url }: Ingest,
  isEnough: (said: string) => boolean,
): Promise<string> {
  const socket = new WebSocket(`${url.replace("http", "ws")}ws`, {
    protocols: [VIEWER_SUBPROTOCOL],
    headers: { authorization: `Bearer ${WATCH_TOKEN.value}` },
  });
  socket.binaryType = "arraybuffer";
  let said = "";
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) =>
    said += `${new TextDecoder().decode(data)}\n`;
  try {
    await eventually("the viewer was told", 20_000, () => isEnough(said) || said);
    return said;
  } finally {
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  }
}

function assertNoLeak(
  seen: Readonly<Record<string, string>>,
  secrets: readonly PlantedSecret[] = SECRETS,
): void {
  for (const [place, text] of Object.entries(seen)) assert.notEqual(text, "", `${place} is empty`);
  for (const { name, value } of secrets) assert.ok(value.length > 8, `the ${name} is none`);
  assert.deepEqual(leaksIn(seen, secrets), []);
}

for (const auth of ["basic", "digest"] as const) {
  Deno.test(`no secret comes out: ${auth}, live, ingest killed, and started again`, async () => {
    await using camera = await SimulatedCamera.start({
      ...SIZE,
      auth,
      user: USER,
      password: PASSWORD.value,
    });
    const token = { PUBLISH_TOKEN: TOKEN.value, LOG_LEVEL: "debug" };
    const env = {
      ...{ ...token, WATCH_PASSWORD: WATCH_PASSWORD.value, AUTH_SECRET: AUTH_SECRET.value },
    };
    await using ingest = await startIngest({ env });
    const port = Number(new URL(ingest.url).port);
    await using listed = new ArgumentWatch();
    await using producer = await startProducer({
      cameraUrl: camera.url,
      ingestUrl: ingest.url,
      env: { ...token, ...IMPATIENT },
    });
    await producer.waitFor(/camera is live/, 20_000);
    const told = await watch(ingest, (said) => said.includes("stream"));
    const [welcome, session] = await logIn(ingest, WATCH_PASSWORD);
    const [refusal] = await logIn(ingest, WRONG_WATCH_PASSWORD);
    assert.match(welcome, /^\[200/);
    assert.match(refusal, /^\[401/);
    const answers = await askEverything(ingest, { session });
    assert.match(Object.values(answers).join("\n"), /"state":"live"/, "somebody is let in");
    ingest.process.signal("SIGKILL");
    await ingest.process.exited;
    await producer.waitFor(/not publishing to ingest/, 20_000);
    await using again = await startIngest({ port, env });
    await producer.waitFor(/publishing to ingest[^]*publishing to ingest ingest/, 20_000);
    await camera[Symbol.asyncDispose]();
    await producer.waitFor(/no picture from the camera/, 20_000);
    assert.ok(listed.text.includes(`camera=rtsp://127.0.0.1:${camera.port}/`), "FFmpeg is listed");
    const seen = {
      ...answers,
      ...await askEverything(again, { session }),
      "a login": welcome,
      "a login refused": refusal,
      "a viewer": told,
      "the producer": producer.output,
      "ingest": ingest.process.output,
      "ingest again": again.process.output,
      "the list of processes": listed.text,
    };
    assertNoLeak(seen, [...SECRETS, session]);
  });

  Deno.test(`no secret comes out: ${auth}, wrong password, wrong token`, async () => {
    await using camera = await SimulatedCamera.start({
      ...SIZE,
      auth,
      user: USER,
      password: PASSWORD.value,
    });
    const env = { PUBLISH_TOKEN: TOKEN.value, LOG_LEVEL: "debug" };
    await using ingest = await startIngest({ env });
    await using listed = new ArgumentWatch();
    const wrong = new URL(camera.url);
    wrong.password = encodeURIComponent(WRONG_PASSWORD.value);
    await using refused = await startProducer({
      cameraUrl: wrong.href,
      ingestUrl: ingest.url,
      env: { ...env, ...IMPATIENT },
    });
    await using stranger = await startProducer({
      cameraUrl: wrong.href,
      ingestUrl: ingest.url,
      env: { ...IMPATIENT, PUBLISH_TOKEN: WRONG_TOKEN.value, STREAM_ID: "stranger" },
    });
    const told = await watch(ingest, (said) => /refused the/.test(said));
    await refused.waitFor(/refused the user/, 20_000);
    await stranger.waitFor(/ingest answered 401/, 20_000);
    assertNoLeak({
      ...await askEverything(ingest),
      "the list of processes": listed.text,
      "a viewer": told,
      "the producer with the wrong password": refused.output,
      "the producer with the wrong token": stranger.output,
      "ingest": ingest.process.output,
    });
  });
}

/** Answers each connection with `answer`, whatever it is asked. */
function oddCamera(answer: string): AsyncDisposable & { readonly host: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      const buffer = new Uint8Array(4096);
      const length = await connection.read(buffer) ?? 0;
      const request = new TextDecoder().decode(buffer.subarray(0, length));
      await connection.write(new TextEncoder().encode(answer.replaceAll("{request}", request)));
      connection.close();
    }
  })();
  return {
    host: `127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

Deno.test("no secret comes out: cameras that are gone, damaged, or say it back", async () => {
  await using damaged = oddCamera("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n\0\xff$$$".repeat(20));
  await using echo = oddCamera("RTSP/1.0 500 {request}\r\n\r\n");
  await using ingest = await startIngest({ env: { LOG_LEVEL: "debug" } });
  await using listed = new ArgumentWatch();
  const userInfo = `${USER}:${encodeURIComponent(PASSWORD.value)}@`;
  const query = `?channel=1&password=${encodeURIComponent(QUERY_PASSWORD.value)}`;
  const hosts = ["127.0.0.1:9", "no-such-host.invalid", damaged.host, echo.host];
  const seen: Record<string, string> = {};
  for (const [index, host] of hosts.entries()) {
    await using producer = await startProducer({
      cameraUrl: `rtsp://${userInfo}${host}/${query}`,
      ingestUrl: ingest.url,
      env: { ...IMPATIENT, STREAM_ID: index === 0 ? "default" : `camera-${index}` },
    });
    await producer.waitFor(/no picture from the camera[^]*no picture from the camera/, 30_000);
    seen[`the producer for ${host}`] = producer.output;
  }
  seen["ingest"] = ingest.process.output;
  seen["the list of processes"] = listed.text;
  assertNoLeak({ ...seen, ...await askEverything(ingest) });
});

/** A folder with an `ffmpeg` that says what it was told, and fails with these last words. */
async function talkativeFfmpeg(
  words: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  await Deno.writeTextFile(`${path}/words`, words);
  const script = `#!/bin/sh\ncase "$*" in *version*) echo ffmpeg version 9; exit;; esac\n` +
    `cat >&2; cat ${path}/words >&2; exit 1\n`;
  await Deno.writeTextFile(`${path}/ffmpeg`, script, { mode: 0o755 });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("no secret comes out: FFmpeg says it in words that nobody knows", async () => {
  await using ingest = await startIngest({ env: { LOG_LEVEL: "debug" } });
  const basic = new TextEncoder().encode(`${USER}:${PASSWORD.value}`).toBase64();
  const url = new URL(`rtsp://${USER}:${encodeURIComponent(PASSWORD.value)}@127.0.0.1:9/1`);
  url.searchParams.set("password", QUERY_PASSWORD.value);
  const sayings = [
    `cannot use ${url.href} at all`,
    `cannot use "${PASSWORD.value}" as password`,
    `sent Basic ${basic} in vain`,
    `opening camera/1${url.search} in vain`,
    `{"url":${JSON.stringify(url.href)},"password":${JSON.stringify(PASSWORD.value)}}`,
  ];
  const seen: Record<string, string> = {};
  for (const [index, words] of sayings.entries()) {
    await using ffmpeg = await talkativeFfmpeg(words);
    await using producer = await startProducer({
      cameraUrl: url.href,
      ingestUrl: ingest.url,
      env: { ...IMPATIENT, PATH: `${ffmpeg.path}:/usr/bin:/bin`, STREAM_ID: `camera-${index}` },
    });
    await producer.waitFor(/no picture from the camera.*FFmpeg ended: /, 20_000);
    await producer.waitFor(/publishing to ingest ingest/, 20_000);
    await eventually("ingest shows the cause", 20_000, async () => {
      const streams = await (await fetch(`${ingest.url}api/streams/camera-${index}`)).text();
      seen[`the description of camera-${index}`] = streams;
      return streams.includes("FFmpeg ended") || streams;
    });
    seen[`the producer that heard "${words.slice(0, 12)}"`] = producer.output;
  }
  seen["ingest"] = ingest.process.output;
  assertNoLeak(seen);
});

Deno.test("no secret comes out of settings that are wrong", async () => {
  await using producer = await startProducer({
    cameraUrl: `http://${USER}:${encodeURIComponent(PASSWORD.value)}@cam/`,
    ingestUrl: `http://${USER}:${encodeURIComponent(WRONG_PASSWORD.value)}@127.0.0.1:9/`,
    env: { PUBLISH_TOKEN: `${TOKEN.value} with a space` },
  });
  assert.equal((await producer.exited).code, 2);
  await using rambling = await startProducer({
    cameraUrl: `rtsp://${USER}:${PASSWORD.value}@cam:port/`,
    ingestUrl: "http://127.0.0.1:9/",
  });
  assert.equal((await rambling.exited).code, 2);
  assertNoLeak({ "a producer": producer.output, "another one": rambling.output });
});
