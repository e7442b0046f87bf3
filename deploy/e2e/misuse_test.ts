import assert from "node:assert/strict";
import { ServiceProcess } from "../testing/process.ts";
import { startIngest, startProducer, taskArgs } from "../testing/services.ts";

const CAMERA_URL = "rtsp://127.0.0.1:1/camera";

Deno.test("a producer lists every wrong setting at once and ends with 2", async () => {
  await using producer = await startProducer({
    cameraUrl: "http://user:hunter22@camera/",
    ingestUrl: "ftp://nowhere",
    env: { STREAM_ID: "../etc", RTSP_JPEG_QUALITY: "101", RTSP_CODEC: "vp9" },
  });
  assert.equal((await producer.exited).code, 2);
  for (const name of ["RTSP_URL", "INGEST_URL", "STREAM_ID", "RTSP_JPEG_QUALITY", "RTSP_CODEC"]) {
    assert.match(producer.output, new RegExp(`${name}: given .*; allowed: `));
  }
  assert.doesNotMatch(producer.output, /hunter22/);
});

Deno.test("a producer without FFmpeg says how to get it and ends with 2", async () => {
  const emptyPath = await Deno.makeTempDir();
  try {
    await using producer = await startProducer({
      cameraUrl: CAMERA_URL,
      ingestUrl: "http://127.0.0.1:1",
      env: { PATH: emptyPath },
    });
    assert.equal((await producer.exited).code, 2);
    assert.match(producer.output, /FFmpeg is not installed .*apt install ffmpeg/);
  } finally {
    await Deno.remove(emptyPath);
  }
});

Deno.test("ingest refuses an address that is open to others, unless told so", async () => {
  const env = { INGEST_HOST: "0.0.0.0" };
  await assert.rejects(startIngest({ env }), /AUTH=off opens it all the same/);
  await using ingest = await startIngest({ env: { ...env, AUTH: "off" } });
  assert.match(ingest.url, /0\.0\.0\.0/);
});

Deno.test("ingest names the port that is taken and ends with 2", async () => {
  await using first = await startIngest();
  const port = Number(new URL(first.url).port);
  const env = { INGEST_PORT: String(port) };
  await using second = await ServiceProcess.start({
    command: Deno.execPath(),
    args: taskArgs("ingest", env),
    cwd: new URL("../..", import.meta.url).pathname,
    env,
  });
  assert.equal((await second.exited).code, 2);
  assert.match(second.output, new RegExp(`INGEST_PORT: ${port} is in use`));
});
