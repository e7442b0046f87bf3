import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { childrenOf, commandLineOf, isRunning } from "../testing/process_table.ts";
import { FakeIngest } from "../../producer/testing/fake_ingest.ts";
import { insteadOfFfmpeg, until } from "../../producer/testing/fixtures.ts";

const MAIN = fileURLToPath(new URL("../../producer/main.ts", import.meta.url));
const RTSP_URL = "rtsp://admin:hunter22@127.0.0.1:9/1";

/** Starts the producer as `deno task producer` does. */
function startProducer(
  cwd: string,
  env: Record<string, string>,
  given: readonly string[] = [],
  stdout: "null" | "piped" = "null",
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-net", "--allow-env", "--allow-read", "--allow-sys"]
      .concat("--allow-run=ffmpeg", MAIN, ...given),
    cwd,
    env: { INGEST_URL: "http://127.0.0.1:9", ...env },
    stdout,
    stderr: "piped",
  }).spawn();
}

/** Runs it to its end; what it said on standard error and its exit code. */
async function runProducer(
  env: Record<string, string>,
  whenItSays?: RegExp,
  given: readonly string[] = [],
) {
  const cwd = await Deno.makeTempDir(); // without an .env
  const child = startProducer(cwd, env, given);
  let stderr = "";
  let isStopped = false;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    if (!isStopped && whenItSays?.test(stderr)) {
      isStopped = true;
      child.kill("SIGTERM");
    }
  }
  const { code } = await child.status;
  await Deno.remove(cwd);
  return { code, stderr };
}

Deno.test("wrong settings are told all at once, with exit code 2", async () => {
  const { code, stderr } = await runProducer({ RTSP_CODEC: "mpeg2", LOG_LEVEL: "loud" });
  assert.equal(code, 2);
  for (const name of ["RTSP_URL", "RTSP_CODEC", "LOG_LEVEL"]) assert.match(stderr, RegExp(name));
});

Deno.test("without FFmpeg it says how to get it, with exit code 2", async () => {
  await using _ = await insteadOfFfmpeg(undefined);
  const { code, stderr } = await runProducer({ RTSP_URL });
  assert.equal(code, 2);
  assert.match(stderr, /FFmpeg is not installed.*apt install ffmpeg/s);
});

Deno.test("SIGTERM ends it with 0, its FFmpeg too, and no secret was printed", async () => {
  const words = `echo ${RTSP_URL}: odd words >&2; exec sleep 60`;
  await using _ = await insteadOfFfmpeg(
    `case "$*" in *version*) echo ffmpeg version 9;; *) ${words};; esac`,
  );
  const { code, stderr } = await runProducer(
    { RTSP_URL, LOG_LEVEL: "debug" },
    /connecting to the camera[^]*not publishing/,
  );
  assert.equal(code, 0);
  assert.match(stderr, /producer stopped/);
  assert.doesNotMatch(stderr, /hunter22/);
});

for (const given of [[], ["probe", RTSP_URL]]) {
  const doing = given[0] ?? "run";
  Deno.test(`one signal ends it while FFmpeg does not tell its version: ${doing}`, async () => {
    await using folder = await temporaryFolder();
    const started = `${folder.path}/started`;
    await using _ = await insteadOfFfmpeg(
      `trap '' TERM; touch ${started}; while :; do sleep 1; done`,
    );
    const producer = startProducer(folder.path, { RTSP_URL }, given);
    await until(() => existsSync(started), "FFmpeg runs");
    const ffmpegs = await childrenOf(producer.pid);
    assert.equal(ffmpegs.length, 1);
    producer.kill("SIGTERM");
    const { code, stderr } = await producer.output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [given.length === 0 ? 0 : 1, ""]);
    for (const { pid } of ffmpegs) assert.ok(!await isRunning(pid), "it is gone");
  });
}

Deno.test("a broken file of cameras is told with its lines, to check and to start alike", async () => {
  await using folder = await temporaryFolder();
  const CONFIG = `${folder.path}/cams.yaml`;
  await Deno.writeTextFile(CONFIG, "cameras:\n  a: http://me:hunter22@x\n  b: {fps: 0}\n");
  for (const given of [[], ["--", "check"], ["check", CONFIG]]) {
    const { code, stderr } = await runProducer({ CONFIG }, undefined, given);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /cams\.yaml:2:3: .*\n.*cams\.yaml:3:3: .*\n.*cams\.yaml:3:7: /);
    assert.doesNotMatch(stderr, /hunter22/);
  }
  await Deno.writeTextFile(CONFIG, "cameras: {a: 'rtsp://x/1'}");
  assert.deepEqual(await runProducer({}, undefined, ["check", CONFIG]), { code: 0, stderr: "" });
});

Deno.test("what cannot be meant is told, with exit code 2", async () => {
  const CONTROL_TOKEN = "0123456789abcdef";
  const cases: [Record<string, string>, string[], RegExp][] = [
    [{ CONFIG: "nowhere.yaml" }, [], /CONFIG=nowhere\.yaml: there is no such file/],
    [{ CONFIG: "cams.yaml", RTSP_URL }, [], /RTSP_URL and CONFIG=.*unset one of them/],
    [{ RTSP_URL, CONTROL_PORT: "0" }, [], /CONTROL_TOKEN: not set/],
    [{ RTSP_URL, CONTROL_PORT: "0", CONTROL_TOKEN }, [], /CONTROL_PORT is for cameras of a file/],
    [{}, ["probe", "http://me:hunter22@x"], /allowed: an rtsp/],
    [{}, ["run"], /producer check \[FILE\]/],
  ];
  for (const [env, given, expected] of cases) {
    const { code, stderr } = await runProducer(env, undefined, given);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /hunter22/);
  }
});

Deno.test("a camera that cannot be probed is told with cause and cure, and with exit code 1", async () => {
  await using folder = await temporaryFolder();
  const probing = startProducer(folder.path, {}, ["--", "probe", RTSP_URL], "piped");
  const { code, stdout, stderr } = await probing.output();
  const report = new TextDecoder().decode(stdout);
  assert.match(report, /^failure: +nothing listens at .* \(refused\)\ncure: +switch RTSP on/m);
  assert.doesNotMatch(report, /hunter22/);
  assert.deepEqual([code, new TextDecoder().decode(stderr)], [1, ""]);
});

async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function pidsOfFfmpegs(parentPid: number, command = /^\S*ffmpeg /): Promise<number[]> {
  const pids = (await childrenOf(parentPid)).map(({ pid }) => pid);
  const lines = await Promise.all(pids.map(commandLineOf));
  return pids.filter((_, index) => command.test(lines[index]?.replaceAll("\0", " ") ?? ""));
}

for (const isSilent of [false, true]) {
  const camera = isSilent ? "a camera that has fallen silent" : "a camera that sends pictures";
  Deno.test(`killed with -9 it leaves no FFmpeg behind: ${camera}`, async () => {
    const picture = { widthPx: 320, heightPx: 240, bitrateKbps: 300 };
    await using source = await SimulatedCamera.start(picture);
    await using ingest = new FakeIngest();
    const cwd = await Deno.makeTempDir();
    const producer = startProducer(cwd, { RTSP_URL: source.url, INGEST_URL: ingest.url.href });
    const drained = producer.stderr.pipeTo(new WritableStream());
    const publish = await ingest.publish();
    publish.say({ type: "demand", renditions: ["jpeg", "low"] });
    for (const name of ["main", "jpeg", "low"]) {
      await until(() => publish.frames.some(({ rendition }) => rendition === name), `${name} came`);
    }
    const ffmpegs = await pidsOfFfmpegs(producer.pid);
    assert.equal(ffmpegs.length, 3);
    const ofCamera = new RegExp(`^\\S*ffmpeg .*:${source.port}/publish`);
    const [sender = 0] = await pidsOfFfmpegs(Deno.pid, ofCamera);
    if (isSilent) Deno.kill(sender, "SIGSTOP");
    producer.kill("SIGKILL");
    await producer.status;
    await drained;
    const deadlineMs = performance.now() + 20_000;
    let left = ffmpegs;
    while (left.length > 0) {
      const areRunning = await Promise.all(left.map(isRunning));
      left = left.filter((_, index) => areRunning[index]);
      assert.ok(left.length === 0 || performance.now() < deadlineMs, `${left.length} run on`);
    }
    if (isSilent) Deno.kill(sender, "SIGCONT");
    await Deno.remove(cwd);
  });
}
