import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { startIngest, startProducer } from "../testing/services.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const SIZE = { widthPx: 640, heightPx: 360 };
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47];

async function press(page: PlayerPage, action: string): Promise<void> {
  await page.page.locator(`[data-action="${action}"]`).click();
}

async function framesReceived(ingestUrl: string): Promise<number> {
  return (await (await fetch(`${ingestUrl}metrics`)).json()).frames_sent;
}

Deno.test("the viewer's controls do what they say", async (t) => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await using page = await browser.open(`${ingest.url}?stream=default`);
  await page.waitForState("live");

  await t.step("pause freezes the picture and stops the frames, play goes on live", async () => {
    await press(page, "play");
    await page.waitForState("paused");
    const frozen = await page.picture();
    await eventually("no more frames are sent", WITHIN_MS, async () => {
      const before = await framesReceived(ingest.url);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const sent = await framesReceived(ingest.url) - before;
      return sent === 0 || `${sent} were`;
    });
    assert.equal((await page.picture())?.clockMs, frozen?.clockMs);
    await press(page, "play");
    await page.waitForState("live");
    await eventually("the picture is of now", WITHIN_MS, async () => {
      const [sample] = await page.watchClock(200);
      return (sample?.ageMs ?? Infinity) < 1_000 || `it is ${sample?.ageMs} ms old`;
    });
  });

  await t.step("capture downloads the picture as PNG, named by stream and time", async () => {
    const downloading = page.page.waitForEvent("download");
    await press(page, "capture");
    const download = await downloading;
    assert.match(download.suggestedFilename(), /^default-\d{4}-\d{2}-\d{2}T[\d-]+.*\.png$/);
    const png = await Deno.readFile(await download.path());
    assert.deepEqual([...png.subarray(0, 4)], PNG_SIGNATURE);
    const view = new DataView(png.buffer);
    assert.deepEqual([view.getUint32(16), view.getUint32(20)], [640, 360]);
  });

  await t.step("full screen comes and goes", async () => {
    await press(page, "fullscreen");
    await eventually("the player fills the screen", WITHIN_MS, async () => {
      const name = await page.page.evaluate("document.fullscreenElement?.className ?? ''");
      return String(name).includes("player") || `it is "${name}"`;
    });
    await press(page, "fullscreen");
    await eventually("it does not any more", WITHIN_MS, async () => {
      return await page.page.evaluate("document.fullscreenElement === null") === true || "it does";
    });
  });

  await t.step("stats tell latency, rate, size, bandwidth, frames, drops and buffer", async () => {
    await press(page, "stats");
    await eventually("the stats are measured", WITHIN_MS, async () => {
      const fps = Number.parseFloat(await page.stat("fps"));
      return (fps > 20 && fps < 40) || `fps is ${fps}`;
    });
    assert.match(await page.stat("resolution"), /640 × 360/);
    assert.match(await page.stat("bandwidth"), /\d/);
    assert.match(await page.stat("frames"), /\d/);
    assert.match(await page.stat("dropped"), /\d/);
    assert.match(await page.stat("buffer"), /\d/);
    const latencyMs = Number.parseFloat(await page.stat("latency"));
    assert.ok(latencyMs > 0 && latencyMs < 5_000, `latency is ${latencyMs}`);
  });
});

Deno.test("a page for a stream that does not exist yet waits, and shows it when it comes", async () => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using page = await browser.open(`${ingest.url}?stream=garden`);
  await page.waitForState("offline", WITHIN_MS, "garden");
  await using _producer = await startProducer({
    cameraUrl: camera.url,
    ingestUrl: ingest.url,
    env: { STREAM_ID: "garden" },
  });
  await page.waitForState("live", 20_000, "garden");
  assert.notEqual((await page.picture("garden"))?.clockMs ?? null, null);
});

Deno.test("the front page shows every stream and fits a narrow screen", async () => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using page = await browser.open(ingest.url, { width: 360, height: 640 });
  const streams = ["door", "garden"];
  await using stack = new AsyncDisposableStack();
  for (const STREAM_ID of streams) {
    const options = { cameraUrl: camera.url, ingestUrl: ingest.url, env: { STREAM_ID } };
    stack.use(await startProducer(options));
  }
  for (const stream of streams) await page.waitForState("live", 20_000, stream);
  const widths = await page.page.evaluate<number[]>(
    "[document.documentElement.scrollWidth, innerWidth]",
  );
  assert.deepEqual(widths, [360, 360], "nothing sticks out to the side");
});
