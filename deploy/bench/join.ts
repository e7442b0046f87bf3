/**
 * How long a viewer waits for its first picture, from the moment its socket opens, on a camera whose
 * keyframes are far apart: the page plays the whole GOP so far and shows the newest picture of it.
 * Pages opened anew ("cold") and the same page after a pause ("warm").
 * `deno task bench:join [--joins 20] [--gop 300] [--kbps 3000]`
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import { print, summary } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    joins: { type: "string", default: "20" },
    gop: { type: "string", default: "300" },
    kbps: { type: "string", default: "3000" },
  },
});
const joins = Number(values.joins);
/** No multiple of a second, so that joins fall on all parts of a GOP. */
const BETWEEN_MS = 1_370;

await using browser = await TestBrowser.launch();
await using camera = await SimulatedCamera.start({
  ...{ widthPx: 1280, heightPx: 720, fps: 30 },
  gopFrames: Number(values.gop),
  bitrateKbps: Number(values.kbps),
});
await using ingest = await startIngest();
await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
const url = `${ingest.url}?stream=default`;
print(`1280x720, 30 fps, ${values.kbps} kbps, a keyframe every ${values.gop} frames, loopback`);

await eventually("the stream is live", 30_000, async () => {
  const stream = await (await fetch(`${ingest.url}api/streams/default`)).json();
  return stream.state === "live" || `it is ${stream.state}`;
});

const coldMs: number[] = [];
for (let join = 0; join < joins; join++) {
  await using page = await browser.open(url);
  coldMs.push(await joinMs(page));
  await sleep(BETWEEN_MS);
}
print(`page opened anew   ${summary(coldMs)}`);

const warmMs: number[] = [];
await using page = await browser.open(url);
await joinMs(page);
for (let join = 0; join < joins; join++) {
  await press(page, "paused");
  await sleep(BETWEEN_MS);
  await press(page, "live");
  warmMs.push(await joinMs(page));
}
print(`after a pause      ${summary(warmMs)}`);

/** As the page itself takes it, once it has settled. */
async function joinMs(page: PlayerPage): Promise<number> {
  await page.waitForState("live");
  let ms: number | undefined;
  await eventually("the time of the first picture is known", 15_000, async () => {
    const text = await page.page.locator('[data-stat="join"]').first().textContent();
    ms = Number(/^(\d+) ms$/.exec(text ?? "")?.[1]);
    return Number.isFinite(ms) || `it is "${text}"`;
  });
  return ms ?? NaN;
}

async function press(page: PlayerPage, state: "paused" | "live"): Promise<void> {
  await page.page.locator('[data-action="play"]').click();
  await page.waitForState(state);
}
