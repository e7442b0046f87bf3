/**
 * How fluent a wall of many cameras is; of one camera, how long the page's main thread is held up
 * while it plays, how soon its first picture is there, how soon a tab that is shown again has one, and
 * how long a decoded picture waits to be painted. `deno task bench:wall [--cameras 16] [--width 1280] [--height 800]`
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher, type ClipRendition } from "../testing/clip_publisher.ts";
import { layoutShiftOf } from "../testing/layout_shift.ts";
import { makeNumberedClip } from "../testing/numbered_clip.ts";
import { HIDING } from "../testing/scripted_page.ts";
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
const RUNS = 5;
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

/** Runs in the page before all else: when the first picture is there, and a tab that can be hidden. */
const PREPARATION = `
  new MutationObserver((_changes, observer) => {
    if (document.querySelector(".player[data-picture=some]") === null) return;
    globalThis.firstPictureMs = performance.now();
    observer.disconnect();
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["data-picture"] });
  ${HIDING}`;

/** Each time it was opened: when the first picture was there, ms after the navigation began. */
async function firstPictures(browser: TestBrowser, url: string): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    await using page = await browser.open("about:blank");
    await page.page.addInitScript({ content: PREPARATION });
    await page.page.goto(url);
    await page.waitForState("live", 20_000, "alone");
    times.push(await page.page.evaluate<number>("firstPictureMs"));
  }
  return times;
}

/** What the page itself says it took, each time it was shown again. */
async function returns(page: PlayerPage): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    await page.page.evaluate("hideTab(true)");
    await page.waitForState("paused", 5_000, "alone");
    await sleep(LOOK_EVERY_MS / 4);
    await page.page.evaluate("hideTab(false)");
    await eventually("there is a picture again", 5_000, async () => {
      const join = await page.stat("join");
      return /\d/.test(join) || join;
    });
    times.push(Number.parseFloat(await page.stat("join")));
  }
  return times;
}

/** From the decoder to the canvas, the median of a second at a time. */
async function paintDelays(page: PlayerPage): Promise<number[]> {
  await page.page.keyboard.press("s");
  const delays: number[] = [];
  for (let look = 0; look < RUNS; look++) {
    await sleep(1_000);
    delays.push(Number.parseFloat(await page.stat("latency-paint")));
  }
  return delays;
}

function numbers(values: readonly number[]): string {
  return `${values.map((value) => value.toFixed(0)).join(", ")} ms`;
}

async function measureOne(browser: TestBrowser): Promise<void> {
  await using ingest = await startIngest();
  const main = await rendition("main", LARGE);
  using _publisher = new ClipPublisher(ingest.url, [main], "alone");
  const url = `${ingest.url}?stream=alone`;
  print(
    `one camera of 1080p30: the first picture after ${numbers(await firstPictures(browser, url))}`,
  );
  await using page = await browser.open("about:blank");
  await page.page.addInitScript({ content: PREPARATION });
  await page.page.goto(url);
  await page.waitForState("live", 20_000, "alone");
  await sleep(SETTLE_MS);
  print(`  layout shift ${await layoutShiftOf(page)}`);
  const waits = await page.page.evaluate<number[]>(PROBE);
  print(`  the main thread is held up, ${waits.length} looks: ${summary(waits)}`);
  print(`  ${(await paintedFps(page))[0]} pictures a second`);
  print(`  a tab shown again has a picture after ${numbers(await returns(page))}`);
  print(`  a decoded picture waits to be painted for ${numbers(await paintDelays(page))}`);
}

await using browser = await TestBrowser.launch();
await measureOne(browser);
await measureWall(browser, Number(values.cameras));
