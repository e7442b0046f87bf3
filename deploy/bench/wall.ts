/**
 * How fluent a wall of many cameras is, and how long the page's main thread is held up while one
 * plays. `deno task bench:wall [--cameras 16] [--width 1280] [--height 800]`
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher, type ClipRendition } from "../testing/clip_publisher.ts";
import { makeNumberedClip } from "../testing/numbered_clip.ts";
import { startIngest } from "../testing/services.ts";
import { machineCpuMs } from "./process_usage.ts";
import { percentile, print, summary } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    cameras: { type: "string", default: "16" },
    width: { type: "string", default: "1280" },
    height: { type: "string", default: "800" },
  },
});

const TIMING = { fps: 30, seconds: 34, gopFrames: 30, colour: "black", isBusy: true };
const FLUENT_FPS = 25;
const SETTLE_MS = 4_000;
const MEASURE_MS = 10_000;
/** The page's own rates are of the last two seconds. */
const LOOK_EVERY_MS = 2_000;

const MAIN = { widthPx: 1280, heightPx: 720, kbps: 3_000 };
/** As producers make it. */
const LOW = { widthPx: 640, heightPx: 360, kbps: 400 };
const LARGE = { widthPx: 1920, heightPx: 1080, kbps: 6_000 };

async function rendition(name: string, size: typeof MAIN): Promise<ClipRendition> {
  return { name, clip: await makeNumberedClip({ ...TIMING, ...size }), delayMs: 0 };
}

async function allAreLive(page: PlayerPage, cameras: number): Promise<void> {
  await eventually("all are live", 20_000, async () => {
    const live = await page.page.locator('.player[data-state="live"]').count();
    return live === cameras || `${live} of ${cameras} are`;
  });
}

function paintedFps(page: PlayerPage): Promise<number[]> {
  return page.page.evaluate<number[]>(
    "[...document.querySelectorAll('[data-stat=fps]')].map(({ textContent }) => Number(textContent))",
  );
}

async function measureWall(browser: TestBrowser, cameras: number): Promise<void> {
  await using ingest = await startIngest();
  const both = await Promise.all([rendition("main", MAIN), rendition("low", LOW)]);
  using publishers = new DisposableStack();
  for (let camera = 1; camera <= cameras; camera++) {
    publishers.use(new ClipPublisher(ingest.url, both, `cam-${camera}`));
  }
  const size = { width: Number(values.width), height: Number(values.height) };
  await using page = await browser.open(ingest.url, size);
  await allAreLive(page, cameras);
  await sleep(SETTLE_MS);
  const [beforeMs, startMs] = [await machineCpuMs(), performance.now()];
  const fps: number[] = [];
  while (performance.now() - startMs < MEASURE_MS) {
    await sleep(LOOK_EVERY_MS);
    fps.push(...await paintedFps(page));
  }
  const cores = (await machineCpuMs() - beforeMs) / (performance.now() - startMs);
  print(`${cameras} cameras of 720p30 in ${values.width} x ${values.height}, pictures a second:`);
  print(`  p50 ${percentile(fps, 0.5).toFixed(1)}, p5 ${percentile(fps, 0.05).toFixed(1)}`);
  print(`  the whole machine spent ${cores.toFixed(2)} cores`);
  for (const slow of await slowTiles(page)) print(`  behind: ${slow}`);
}

/** Those that are not fluent now, in their own words. */
function slowTiles(page: PlayerPage): Promise<string[]> {
  return page.page.evaluate<string[]>(`[...document.querySelectorAll(".player")]
    .map((player) => ({ player, said: (stat) => player.querySelector("[data-stat=" + stat + "]").textContent }))
    .filter(({ said }) => Number(said("fps")) < ${FLUENT_FPS})
    .map(({ player, said }) => [player.dataset.stream, player.dataset.state, said("rendition"), said("fps") + " fps",
      said("frames"), "dropped " + said("dropped"), "buffer " + said("buffer"), said("latency-split")].join(", "))`);
}

/** What a message to the page itself had to wait for: other tasks, of the page or of the browser. */
const PROBE = `new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  const waits = [];
  const endMs = performance.now() + ${MEASURE_MS};
  let sentMs = 0;
  const send = () => { sentMs = performance.now(); port2.postMessage(0); };
  port1.onmessage = () => {
    waits.push(performance.now() - sentMs);
    if (performance.now() < endMs) setTimeout(send, 4);
    else resolve(waits);
  };
  send();
})`;

async function measureMainThread(browser: TestBrowser): Promise<void> {
  await using ingest = await startIngest();
  const main = await rendition("main", LARGE);
  using _publisher = new ClipPublisher(ingest.url, [main], "alone");
  await using page = await browser.open(`${ingest.url}?stream=alone`);
  await page.waitForState("live", 20_000, "alone");
  await sleep(SETTLE_MS);
  const waits = await page.page.evaluate<number[]>(PROBE);
  print(`one camera of 1080p30: the main thread is held up, ${waits.length} looks`);
  print(`  ${summary(waits)}`);
  print(`  ${(await paintedFps(page))[0]} pictures a second`);
}

await using browser = await TestBrowser.launch();
await measureMainThread(browser);
await measureWall(browser, Number(values.cameras));
