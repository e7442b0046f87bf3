import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, TestBrowser } from "../testing/browser.ts";
import { ffmpegsOn } from "../testing/ffmpeg_count.ts";
import { freePort } from "../testing/free_port.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import { describeStream } from "../testing/stream_description.ts";

const SIZE = { widthPx: 640, heightPx: 360 };
const SECRET = "s3cret:p@ss w0rd";
/** Two seconds are promised; machines that run tests stand still for longer. */
const STOP_WITHIN_MS = 8_000;

Deno.test("a wrong password is named on the page and in the log, and never shown", async () => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start({ ...SIZE, auth: "digest", password: "right" });
  await using ingest = await startIngest();
  const wrong = new URL(camera.url);
  wrong.password = encodeURIComponent(SECRET);
  await using producer = await startProducer({
    cameraUrl: wrong.href,
    ingestUrl: ingest.url,
    env: { RTSP_RETRY_ATTEMPTS: "2", RTSP_RETRY_DELAY: "1", LOG_LEVEL: "debug" },
  });

  await producer.waitFor(/no picture from the camera.*failures=1 .*circuit=closed/, 20_000);
  await producer.waitFor(/no picture from the camera.*failures=3 .*circuit=open/, 20_000);
  assert.match(producer.output, /cause="camera refused the user name or password"/);

  await using page = await browser.open(`${ingest.url}?stream=default`);
  await eventually("the page says why", 10_000, async () => {
    const text = await page.page.locator("body").innerText();
    return /refused the user name or password/i.test(text) || text;
  });
  assert.match((await describeStream(ingest.url)).cause, /refused the user name or password/);

  const metrics = await (await fetch(`${ingest.url}metrics`)).text();
  const streams = await (await fetch(`${ingest.url}api/streams`)).text();
  const seen = [producer.output, ingest.process.output, metrics, streams].join("\n");
  for (const form of [SECRET, encodeURIComponent(SECRET), wrong.password, "rtsp://admin"]) {
    assert.ok(!seen.includes(form), `${form} was shown`);
  }
});

Deno.test("a camera that is switched on after its producer is picked up", async () => {
  await using ingest = await startIngest();
  const port = freePort();
  await using producer = await startProducer({
    cameraUrl: `rtsp://127.0.0.1:${port}/camera`,
    ingestUrl: ingest.url,
  });
  await producer.waitFor(/cause="nothing listens at the camera's address and port"/, 20_000);
  assert.equal((await describeStream(ingest.url)).state, "offline");

  await using _camera = await SimulatedCamera.start({ ...SIZE, port });
  await eventually("the stream is live", 20_000, async () => {
    const { state, cause } = await describeStream(ingest.url);
    return state === "live" || `${state}: ${cause}`;
  });
});

Deno.test("an ingest that starts after the producer, or again, has the picture at once", async () => {
  await using browser = await TestBrowser.launch();
  // A GOP of five seconds: whoever had to wait for a keyframe would be seen to.
  await using camera = await SimulatedCamera.start({ ...SIZE, gopFrames: 150 });
  const port = freePort();
  const ingestUrl = `http://127.0.0.1:${port}/`;
  await using producer = await startProducer({ cameraUrl: camera.url, ingestUrl });
  await producer.waitFor(/camera is live/, 20_000);
  await producer.waitFor(/not publishing to ingest.*nothing listens at INGEST_URL/, 20_000);

  await using first = await startIngest({ port });
  await producer.waitFor(/publishing to ingest ingest/, 20_000);
  await using page = await browser.open(`${ingestUrl}?stream=default`);
  await page.waitForState("live");

  await first.process.stop();
  await using _second = await startIngest({ port });
  await eventually("the page is live again without a reload", 20_000, async () => {
    const before = (await page.picture())?.clockMs;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const after = (await page.picture())?.clockMs;
    const state = await page.attribute("data-state");
    return (state === "live" && before !== after) || `${state}, clock ${before} to ${after}`;
  });
});

Deno.test("SIGTERM and SIGINT end the producer, its FFmpegs and ingest at once, with 0", async () => {
  await using camera = await SimulatedCamera.start(SIZE);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await using ingest = await startIngest();
    await using producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
    await producer.waitFor(/camera is live/, 20_000);
    const mjpeg = await fetch(`${ingest.url}api/streams/default/mjpeg`);
    const reader = mjpeg.body?.getReader();
    await reader?.read(); // JPEG is made now: a second FFmpeg runs
    const watcher = new WebSocket(`${ingest.url}ws`.replace("http", "ws"));
    const closed = new Promise<CloseEvent>((resolve) => watcher.onclose = resolve);
    await new Promise((resolve) => watcher.onmessage = resolve);
    assert.equal(await ffmpegsOn(camera.port), 2, "the camera's own and the producer's");

    for (const service of [producer, ingest.process]) {
      const askedMs = performance.now();
      service.signal(signal);
      assert.equal((await service.exited).code, 0, service.output);
      assert.ok(performance.now() - askedMs < STOP_WITHIN_MS, `${signal} took too long`);
    }
    assert.equal((await closed).code, 1001);
    assert.equal(await ffmpegsOn(camera.port), 1, "the camera's own");
    await reader?.cancel().catch((error) => assert.ok(error instanceof Error));
  }
});
