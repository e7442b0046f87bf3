/**
 * How long a viewer waits for its first picture, from the moment its socket opens, on a camera whose
 * keyframes are far apart: it is shown the newest picture of `low`, while that runs, until the page
 * has decoded the whole GOP of `main` so far. Pages opened anew and the same page after a pause.
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

interface Join {
  readonly firstMs: number;
  readonly mainMs: number;
}

/** What viewers of one kind waited for. Those who found `low` running are told apart: it is made for who comes next. */
class Joins {
  readonly #withPreview: Join[] = [];
  readonly #without: Join[] = [];

  constructor(readonly title: string) {}

  add(join: Join, hasPreview: boolean): void {
    (hasPreview ? this.#withPreview : this.#without).push(join);
  }

  print(): void {
    this.#printPart("low running", this.#withPreview);
    this.#printPart("without low", this.#without);
  }

  #printPart(condition: string, joins: readonly Join[]): void {
    if (joins.length === 0) return;
    print(`${this.title}, ${condition}: ${joins.length} joins`);
    print(`  first picture    ${summary(joins.map(({ firstMs }) => firstMs))}`);
    print(`  first of main    ${summary(joins.map(({ mainMs }) => mainMs))}`);
  }
}

const joins = Number(values.joins);
/**
 * No multiple of a second, so that joins fall on all parts of a GOP; and long enough after one pause
 * for the next, so that ingest sends the whole GOP again.
 */
const BETWEEN_MS = 2_370;

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

const cold = new Joins("page opened anew");
for (let join = 0; join < joins; join++) {
  const hasPreview = await lowRuns();
  await using page = await browser.open(url);
  cold.add(await joinOf(page), hasPreview);
  await sleep(BETWEEN_MS);
}
cold.print();

const warm = new Joins("after a pause");
await using page = await browser.open(url);
await joinOf(page);
for (let join = 0; join < joins; join++) {
  await press(page, "paused");
  await sleep(BETWEEN_MS);
  const hasPreview = await lowRuns();
  await press(page, "live");
  warm.add(await joinOf(page), hasPreview);
}
warm.print();

/** Whether ingest has `low` to show first. */
async function lowRuns(): Promise<boolean> {
  const { renditions } = await (await fetch(`${ingest.url}api/streams/default`)).json();
  return renditions.some(({ name }: { name: string }) => name === "low");
}

/** As the page itself takes it: to the first picture at all, and to the first of `main`. */
async function joinOf({ page }: PlayerPage): Promise<Join> {
  let join: Join | undefined;
  await eventually("the time of the first picture of main is known", 15_000, async () => {
    // Both at once, for each report of the worker changes both.
    const [rendition, text] = await page.evaluate<[string, string]>(`[
      document.querySelector("figure.player")?.dataset.rendition,
      document.querySelector('[data-stat="join"]')?.textContent ?? "",
    ]`);
    const [, firstMs, mainMs = firstMs] = /^(\d+) ms(?:, in full after (\d+) ms)?$/.exec(text) ??
      [];
    if (rendition !== "main" || firstMs === undefined) return `it shows ${rendition}: "${text}"`;
    join = { firstMs: Number(firstMs), mainMs: Number(mainMs) };
    return true;
  });
  return join ?? { firstMs: NaN, mainMs: NaN };
}

async function press(page: PlayerPage, state: "paused" | "live"): Promise<void> {
  await page.page.locator('[data-action="play"]').click();
  await page.waitForState(state);
}
