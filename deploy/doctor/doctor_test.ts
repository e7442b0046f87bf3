import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BINARIES } from "../compile/binary.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { freePort } from "../testing/free_port.ts";
import { startIngest } from "../testing/services.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SIZE = { widthPx: 320, heightPx: 240 };
const PASSWORD = "p@ss/w0rd #1";
const WRONG_PASSWORD = "n0t-the-p@ssword";

/** The doctor's report, with nothing of this machine's own settings. */
async function doctor(
  env: Readonly<Record<string, string>>,
  permissions: readonly string[] = ["-A"],
): Promise<{ code: number; report: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...permissions, `${ROOT}deploy/doctor/main.ts`],
    cwd: `${ROOT}deploy/testing`,
    env: { INGEST_PORT: "0", ...env },
  }).output();
  const decoder = new TextDecoder();
  assert.equal(decoder.decode(stderr), "");
  return { code, report: decoder.decode(stdout) };
}

Deno.test("all is well with a camera that shows a picture and an ingest that takes it", async () => {
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  const port = new URL(ingest.url).port;
  const env = { RTSP_URL: camera.url, INGEST_URL: ingest.url, INGEST_PORT: port };
  const { code, report } = await doctor(env);
  assert.equal(code, 0, report);
  assert.match(report, /^ok {4}the camera answers by RTSP after \d+ ms$/m);
  assert.match(
    report,
    /^ok {4}the camera shows 320x240, avc1\.\w+: its H\.264 is passed through$/m,
  );
  assert.match(report, /^ok {4}ingest at \S+ lets "default" be published$/m);
  assert.match(report, /^ok {4}its clock agrees with this one's$/m);
  assert.match(
    report,
    /^warn {2}port \d+ of 127\.0\.0\.1 is taken by an ingest that runs already$/m,
  );
  assert.match(report, /\n0 to mend, \d to look at, \d+ in order\.\n$/);
});

Deno.test("a camera that refuses the password is told, and the password is not", async () => {
  await using camera = await SimulatedCamera.start({ ...SIZE, auth: "digest", password: PASSWORD });
  const wrong = new URL(camera.url);
  wrong.password = WRONG_PASSWORD;
  const { code, report } = await doctor({ RTSP_URL: wrong.href });
  assert.equal(code, 1);
  assert.match(report, /^ok {4}the camera answers by RTSP/m);
  assert.match(report, /^fail {2}camera refused the user name or password\n {6}→ check both/m);
  for (const secret of [WRONG_PASSWORD, encodeURIComponent(WRONG_PASSWORD)]) {
    assert.ok(!report.includes(secret), report);
  }
});

Deno.test("a camera that is not there is told", async () => {
  const { code, report } = await doctor({ RTSP_URL: `rtsp://127.0.0.1:${freePort()}/1` });
  assert.equal(code, 1);
  assert.doesNotMatch(report, /answers by RTSP/);
  assert.match(report, /^fail {2}nothing listens at the camera's address and port\n {6}→ switch/m);
});

Deno.test("a camera outside of RTSP_ALLOW is told, and not connected to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const counting = (async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
    }
  })();
  const url = `rtsp://127.0.0.1:${listener.addr.port}/1`;
  const { code, report } = await doctor({ RTSP_URL: url, RTSP_ALLOW: "10.0.0.0/8" });
  listener.close();
  await counting;
  assert.equal(code, 1);
  assert.match(
    report,
    /^fail {2}camera's address 127\.0\.0\.1 is not in RTSP_ALLOW=10\.0\.0\.0\/8$/m,
  );
  assert.equal(connections, 0);
});

Deno.test("of a file's cameras each is told by its name, and a broken file by its line", async () => {
  await using camera = await SimulatedCamera.start(SIZE);
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    const gone = `rtsp://127.0.0.1:${freePort()}/1`;
    const text = `cameras:\n  door: ${camera.url}\n  yard: ${gone}\n`;
    await Deno.writeTextFile(file, text);
    const { code, report } = await doctor({ CONFIG: file });
    assert.equal(code, 1);
    assert.match(report, /^ok {4}door: the camera shows 320x240/m);
    assert.match(report, /^fail {2}yard: nothing listens at the camera's address and port$/m);
    await Deno.writeTextFile(file, text.replace("yard:", "The Yard:"));
    const broken = await doctor({ CONFIG: file });
    assert.equal(broken.code, 1);
    assert.match(broken.report, /^fail {2}\S+ cannot be used:\n.*:3:.*\n {6}→ mend what/m);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a port that is taken is told, and by whom", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(listener.addr.port);
  const asked = (async () => {
    for await (const connection of listener) connection.close();
  })();
  const { code, report } = await doctor({ INGEST_PORT: port });
  listener.close();
  await asked;
  assert.equal(code, 1);
  const holder = Deno.build.os === "linux" ? `deno \\(process ${Deno.pid}\\)` : "another program";
  assert.match(report, new RegExp(`^fail  port ${port} of 127.0.0.1 is taken by ${holder}$`, "m"));
  assert.match(report, /→ stop that one, or set INGEST_PORT/);
});

Deno.test("ports of the producer's that are taken are told by their settings", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(listener.addr.port);
  const asked = (async () => {
    for await (const connection of listener) connection.close();
  })();
  const env = { METRICS_PORT: port, CONTROL_PORT: port, CONTROL_TOKEN: "0123456789abcdef" };
  const { code, report } = await doctor(env);
  listener.close();
  await asked;
  assert.equal(code, 1);
  assert.match(report, /→ stop that one, or set METRICS_PORT to another port/);
  assert.match(report, /→ stop that one, or set CONTROL_PORT to another port/);
  assert.match((await doctor({ CONTROL_PORT: port })).report, /^fail {2}CONTROL_TOKEN: not set/m);
});

Deno.test("an ingest that is not there is told in words, and something else in its place", async () => {
  const camera = { RTSP_URL: "rtsp://127.0.0.1:9/1" };
  const gone = await doctor({ ...camera, INGEST_URL: `http://127.0.0.1:${freePort()}` });
  assert.match(gone.report, /^warn {2}no ingest answers at \S+: nothing listens at INGEST_URL/m);
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("hello"),
  );
  const env = { ...camera, INGEST_URL: `http://127.0.0.1:${other.addr.port}` };
  const { report } = await doctor(env);
  assert.match(report, /^fail {2}what answers at \S+ is not Porthole's ingest \(200\)$/m);
  assert.doesNotMatch(report, /its clock/);
});

Deno.test("a file of cameras that is named and not there is told how to be written", async () => {
  const { code, report } = await doctor({ CONFIG: "/nowhere/cameras.yaml" });
  assert.equal(code, 1);
  assert.match(
    report,
    /^fail {2}CONFIG=\/nowhere\/cameras\.yaml: there is no such.*\n {6}→ write/m,
  );
});

Deno.test("an address that is not this machine's is told", async () => {
  const env = { INGEST_HOST: "192.0.2.1", INGEST_PORT: "3000", AUTH: "off" };
  const { code, report } = await doctor(env);
  assert.equal(code, 1);
  assert.match(report, /^fail {2}INGEST_HOST: 192\.0\.2\.1 is not an address of this machine$/m);
  assert.match(report, /^warn {2}on plain http browsers have no WebCodecs/m);
});

Deno.test("FFmpeg that is missing is told, and how to get it", async () => {
  const { code, report } = await doctor({ PATH: "/nowhere", RTSP_URL: "rtsp://127.0.0.1:9/1" });
  assert.equal(code, 1);
  assert.match(
    report,
    /^fail {2}FFmpeg is not installed or not on PATH\n {6}→ `apt install ffmpeg`/m,
  );
  assert.doesNotMatch(report, /camera/);
});

Deno.test("settings that are wrong are told, each", async () => {
  const env = {
    INGEST_PORT: "x",
    RTSP_URL: `http://u:${WRONG_PASSWORD}@cam/1`,
    STREAM_ID: "Front",
  };
  const { code, report } = await doctor(env);
  assert.equal(code, 1);
  assert.match(report, /^fail {2}INGEST_PORT: given "x"; allowed: a whole number/m);
  assert.match(report, /^fail {2}RTSP_URL: given "http:/m);
  assert.match(report, /^fail {2}STREAM_ID: given "Front"/m);
  assert.ok(!report.includes(WRONG_PASSWORD));
});

Deno.test("an ingest that does not take the token is told", async () => {
  await using ingest = await startIngest({ env: { PUBLISH_TOKEN: "the-right-token" } });
  const { code, report } = await doctor({
    RTSP_URL: "rtsp://127.0.0.1:9/1",
    INGEST_URL: ingest.url,
    PUBLISH_TOKEN: "another-t0ken",
  });
  assert.equal(code, 1);
  assert.match(
    report,
    /^fail {2}ingest at \S+ does not let "default" be published \(401\)\n {6}→ give/m,
  );
  assert.ok(!report.includes("another-t0ken"));
});

Deno.test("as a binary it looks at what it may, and says what it cannot know", async () => {
  const permissions = BINARIES.find(({ name }) => name === "porthole")?.permissions;
  const { code, report } = await doctor({}, permissions);
  assert.equal(code, 0, report);
  assert.match(report, /^ok {4}whether NTP keeps the clock is not known here$/m);
});
