import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { insteadOfFfmpeg } from "./testing/fixtures.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const RTSP_URL = "rtsp://admin:hunter22@127.0.0.1:9/1";

/** Runs the producer as `deno task producer` does; what it said and its exit code. */
async function runProducer(env: Record<string, string>, whenItSays?: RegExp) {
  const cwd = await Deno.makeTempDir(); // without an .env
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-net", "--allow-env", "--allow-read", "--allow-sys"]
      .concat("--allow-run=ffmpeg", MAIN),
    cwd,
    env: { INGEST_URL: "http://127.0.0.1:9", ...env },
    stdout: "null",
    stderr: "piped",
  }).spawn();
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
