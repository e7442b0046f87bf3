import assert from "node:assert/strict";
import { seriousFindings } from "../testing/accessibility.ts";
import { keepScreenshot } from "../testing/artifacts.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { startIngest, startProducer } from "../testing/services.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const SIZE = { widthPx: 640, heightPx: 360 };
const STREAM = "default";
/** Later than this no picture of a camera on the same machine is, however busy it is. */
const PLAUSIBLE_MS = 5_000;

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

async function milliseconds(page: PlayerPage, stat: string): Promise<number> {
  return Number.parseFloat(await page.stat(stat));
}

function assertPlausible({ p50, p95, p99 }: Percentiles): void {
  const text = JSON.stringify({ p50, p95, p99 });
  assert.ok(p50 > 0 && p50 <= p95 && p95 <= p99 && p99 < PLAUSIBLE_MS, text);
}

/** How many pixels of the chart are drawn in its line's colour, and how far right the last one is. */
const DRAWN = `(() => {
  const canvas = document.querySelector(".latency-chart canvas");
  if (canvas === null || canvas.width === 0) return { pixels: 0 };
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let pixels = 0;
  for (let at = 0; at < data.length; at += 4) {
    const isAccent = data[at] < 130 && data[at + 1] > 180 && data[at + 2] > 230;
    if (isAccent && data[at + 3] > 200) pixels++;
  }
  return { pixels };
})()`;

Deno.test("statistics tell how late, where the time went, and ingest hears of it", async (t) => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await using page = await browser.open(`${ingest.url}?stream=${STREAM}`);
  const asked: string[] = [];
  page.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const complaints: string[] = [];
  page.page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.waitForState("live");

  await t.step("the chart is loaded when it is wanted, and draws the last minute", async () => {
    assert.ok(!asked.includes("/latency_chart.js"));
    await page.page.locator('[data-action="stats"]').click();
    await eventually("a line is drawn", 20_000, async () => {
      const { pixels } = await page.page.evaluate<{ pixels: number }>(DRAWN);
      return pixels > 20 || `${pixels} pixels of it are`;
    });
    assert.ok(asked.includes("/latency_chart.js") && asked.includes("/uplot.css"));
    assert.deepEqual(complaints, [], "the page's policy has nothing against it");
  });

  for (const [width, height] of [[360, 720], [1280, 800], [2560, 1440]] as const) {
    await t.step(`at ${width} px axe-core finds nothing serious in them`, async () => {
      await page.page.setViewportSize({ width, height });
      assert.deepEqual(await seriousFindings(page), []);
      const aside = await page.page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.equal(aside, 0, "nothing sticks out to the side");
      await keepScreenshot(page, `statistics-${width}`);
    });
  }

  await t.step("the parts of the latency add up to it", async () => {
    await eventually("all parts are known", WITHIN_MS, async () => {
      const text = await page.stat("latency-uplink");
      return text.endsWith(" ms") || `the uplink is ${text}`;
    });
    const [parts, total] = await page.page.evaluate<[number[], number]>(`[
      ["uplink", "network", "decode", "paint"].map((part) =>
        Number.parseFloat(document.querySelector('[data-stat="latency-' + part + '"]').textContent)),
      Number.parseFloat(document.querySelector(".latency-now").textContent),
    ]`);
    const sum = parts.reduce((all, part) => all + part);
    assert.ok(Math.abs(sum - total) <= 1, `${parts} are not ${total}`);
    assert.ok(parts.every((part) => part >= 0) && total > 0 && total < PLAUSIBLE_MS, `${parts}`);
    assert.match(await page.page.locator(".stage-camera").innerText(), /not known/);
    const [, p50, p95, p99] =
      /p50 (\d+) · p95 (\d+) · p99 (\d+) ms/.exec(await page.stat("latency-minute")) ?? [];
    assertPlausible({ p50: Number(p50), p95: Number(p95), p99: Number(p99) });
    assert.ok(await milliseconds(page, "fps") > 0);
    assert.equal(await page.stat("reconnects"), "none");
    assert.match(await page.stat("dropped"), /0 lost before the server/);
  });

  await t.step("all of it can be copied as JSON, without anything secret", async () => {
    await page.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.page.locator('[data-action="copy-stats"]').click();
    const copied = await page.page.evaluate<string>("navigator.clipboard.readText()");
    const report = JSON.parse(copied);
    assert.equal(report.format, "porthole-stats/1");
    assert.deepEqual([report.stream, report.state.state], [STREAM, "live"]);
    assert.match(report.browser.userAgent, /Chrome/);
    assertPlausible(report.latency.lastMinute.percentiles);
    assert.equal(report.latency.lastMinute.seconds.length, 60);
    assert.ok(report.stats.framesPainted > 0);
    assert.deepEqual(report.way, { name: "webcodecs", reason: "the best that this browser has" });
    assert.deepEqual(report.settings, { wayChoice: "auto", smoothingMs: 0 });
    assert.doesNotMatch(copied, /token|password|secret|rtsp:|127\.0\.0\.1|cookie/i);
  });

  await t.step("without a clipboard it is a file", async () => {
    await page.page.evaluate(
      "navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))",
    );
    const downloading = page.page.waitForEvent("download");
    await page.page.locator('[data-action="copy-stats"]').click();
    const download = await downloading;
    assert.match(download.suggestedFilename(), /^porthole-default-\d{4}-.*\.json$/);
    const report = JSON.parse(await Deno.readTextFile(await download.path()));
    assert.equal(report.format, "porthole-stats/1");
  });

  await t.step("ingest tells what this viewer reported", async () => {
    await eventually("the viewer has reported", 25_000, async () => {
      const { viewers } = await (await fetch(`${ingest.url}metrics`)).json();
      return viewers[STREAM]?.reporting === 1 || "it has not";
    });
    const { viewers } = await (await fetch(`${ingest.url}metrics`)).json();
    assertPlausible(viewers[STREAM].latency_ms);
    assert.ok(viewers[STREAM].fps > 5 && viewers[STREAM].fps < 40, `${viewers[STREAM].fps}`);
    const text = await (await fetch(`${ingest.url}metrics`, { headers: { accept: "text/plain" } }))
      .text();
    assert.match(
      text,
      /^porthole_viewer_latency_seconds\{stream="default",quantile="0.95"\} [\d.]+$/m,
    );
    const { viewers: [viewer] } = await (await fetch(
      `${ingest.url}api/streams/${STREAM}/viewers`,
    )).json();
    assertPlausible(viewer.playback.latencyMs);
  });
});
