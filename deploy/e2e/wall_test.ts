import assert from "node:assert/strict";
import { keepScreenshot } from "../testing/artifacts.ts";
import { seriousFindings } from "../testing/accessibility.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher, type ClipRendition } from "../testing/clip_publisher.ts";
import { layoutShiftOf } from "../testing/layout_shift.ts";
import { makeNumberedClip } from "../testing/numbered_clip.ts";
import { startIngest } from "../testing/services.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const TIMING = { fps: 10, seconds: 100, gopFrames: 10 };
const MAIN = { ...TIMING, widthPx: 1280, heightPx: 720, colour: "lime" };
const LOW = { ...TIMING, widthPx: 640, heightPx: 360, colour: "blue" };
const STREAMS = Array.from({ length: 16 }, (_, index) => `cam-${index + 1}`);

async function renditions(): Promise<readonly ClipRendition[]> {
  const [main, low] = await Promise.all([makeNumberedClip(MAIN), makeNumberedClip(LOW)]);
  return [{ name: "main", clip: main, delayMs: 0 }, { name: "low", clip: low, delayMs: 10 }];
}

function publishAll(ingestUrl: string, both: readonly ClipRendition[]): DisposableStack {
  const stack = new DisposableStack();
  for (const stream of STREAMS) stack.use(new ClipPublisher(ingestUrl, both, stream));
  return stack;
}

async function listed(ingestUrl: string): Promise<true | string> {
  const { streams } = await (await fetch(`${ingestUrl}api/streams`)).json();
  return streams.length === STREAMS.length || `${streams.length} streams`;
}

/** What ingest does for the one viewer of a stream. */
async function reason(ingestUrl: string, stream: string): Promise<string> {
  const { viewers } = await (await fetch(`${ingestUrl}api/streams/${stream}/viewers`)).json();
  return viewers[0]?.reason ?? "nobody watches";
}

function pausedAtIngest(ingestUrl: string, stream: string, isPaused: boolean): Promise<void> {
  return eventually(`${stream} is ${isPaused ? "paused" : "played"}`, WITHIN_MS, async () => {
    const now = await reason(ingestUrl, stream);
    return (now === "paused by the viewer") === isPaused || now;
  });
}

function focused(page: PlayerPage): Promise<string | null> {
  return page.page.evaluate<string | null>(
    "document.activeElement.closest('.player')?.dataset.stream ?? null",
  );
}

function search(page: PlayerPage): string {
  return new URL(page.page.url()).search;
}

async function allLive(page: PlayerPage): Promise<void> {
  for (const stream of STREAMS) await page.waitForState("live", 20_000, stream);
}

Deno.test("a wall", async (t) => {
  const both = await renditions();
  await using browser = await TestBrowser.launch();
  await t.step("of sixteen", (t) => ofSixteen(t, browser, both));
  await t.step("of which a camera goes away, which keeps its tile", () => keepsTile(browser, both));
});

async function ofSixteen(
  t: Deno.TestContext,
  browser: TestBrowser,
  both: readonly ClipRendition[],
): Promise<void> {
  await using ingest = await startIngest();
  using _publishers = publishAll(ingest.url, both);
  await eventually("all are listed", WITHIN_MS, () => listed(ingest.url));
  await using page = await browser.open(ingest.url);
  const { keyboard } = page.page;

  await t.step(
    "fits the window, each tile on low, and nothing moves as pictures come",
    async () => {
      await allLive(page);
      for (const stream of STREAMS) {
        await page.waitForAttribute(
          "data-rendition",
          "low",
          WITHIN_MS,
          stream,
        );
      }
      const fit = await page.page.evaluate<number[]>(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]",
      );
      assert.deepEqual(fit, [0, 0]);
      assert.equal(await layoutShiftOf(page), 0);
      assert.deepEqual(await seriousFindings(page), []);
    },
  );

  for (const [width, height] of [[360, 720], [1280, 800], [2560, 1440]] as const) {
    await t.step(`at ${width} px nothing sticks out to the side`, async () => {
      await page.page.setViewportSize({ width, height });
      const [first, last] = [STREAMS[0], STREAMS.at(-1)];
      await eventually("tiles are laid out anew", WITHIN_MS, async () => {
        const box = await page.page.locator(`[data-stream="${last}"]`).boundingBox();
        const edgePx = (box?.x ?? 0) + (box?.width ?? 0);
        return (edgePx <= width && edgePx > width / 2) || `the last one ends at ${edgePx}`;
      });
      const box = await page.page.locator(`[data-stream="${first}"]`).boundingBox();
      assert.ok(Math.abs((box?.width ?? 0) / (box?.height ?? 1) - 16 / 9) < 0.05);
      await keepScreenshot(page, `wall-${width}`);
    });
  }
  await page.page.setViewportSize({ width: 1280, height: 800 });

  await t.step("a click opens one: main takes the place of low without a black frame", async () => {
    await page.startWatchingNumbers("cam-5");
    await page.page.locator('[data-stream="cam-5"] a.open').click();
    assert.equal(search(page), "?stream=cam-5");
    await page.waitForAttribute("data-rendition", "main", WITHIN_MS, "cam-5");
    await eventually("it shows", WITHIN_MS, async () => {
      const width = (await page.picture("cam-5"))?.width;
      return width === MAIN.widthPx || `${width} px`;
    });
    const shown = await page.stopWatchingNumbers();
    for (const { number } of shown) assert.notEqual(number, null, "no whole picture");
    assert.equal(shown.at(0)?.widthPx, LOW.widthPx);
    assert.equal(shown.at(-1)?.widthPx, MAIN.widthPx);
    await pausedAtIngest(ingest.url, "cam-1", true);
    assert.deepEqual(await seriousFindings(page), []);
    await keepScreenshot(page, "full-1280");
  });

  await t.step(
    "arrows go to the next camera and around the end, its last picture there at once",
    async () => {
      await page.startWatchingNumbers("cam-6");
      await keyboard.press("ArrowRight");
      assert.equal(search(page), "?stream=cam-6");
      await page.waitForAttribute("data-rendition", "main", WITHIN_MS, "cam-6");
      const shown = await page.stopWatchingNumbers();
      for (const { number } of shown) assert.notEqual(number, null, "no whole picture");
      for (const _ of STREAMS.slice(6)) await keyboard.press("ArrowDown");
      assert.equal(search(page), "?stream=cam-16");
      await keyboard.press("ArrowRight");
      assert.equal(search(page), "?stream=cam-1");
      await page.waitForState("live", WITHIN_MS, "cam-1");
    },
  );

  await t.step(
    "back leads to the wall, whatever was looked at, and forward to it again",
    async () => {
      await page.page.goBack();
      assert.equal(search(page), "");
      await allLive(page);
      await page.waitForAttribute("data-rendition", "low", WITHIN_MS, "cam-1");
      await page.page.goForward();
      assert.equal(search(page), "?stream=cam-1");
      await page.waitForAttribute("data-rendition", "main", WITHIN_MS, "cam-1");
      await page.page.locator('[data-action="back"]').click();
      await eventually("the wall is back", WITHIN_MS, () => search(page) === "" || search(page));
    },
  );

  await t.step("by the keyboard alone: to a tile, open it, and back to the same tile", async () => {
    await eventually("the tile has the focus", WITHIN_MS, async () => {
      const stream = await focused(page);
      return stream === "cam-1" || `${stream} has`;
    });
    await keyboard.press("ArrowRight");
    await keyboard.press("ArrowDown");
    assert.equal(await focused(page), "cam-6");
    await keyboard.press("Enter");
    assert.equal(search(page), "?stream=cam-6");
    assert.equal(await page.attribute("data-view", "cam-6"), "full");
    await keyboard.press("Escape");
    await eventually("the wall is back", WITHIN_MS, () => search(page) === "" || search(page));
    await eventually("the tile has the focus", WITHIN_MS, async () => {
      const stream = await focused(page);
      return stream === "cam-6" || `${stream} has`;
    });
  });

  await t.step("tiles out of sight are paused, and go on when they come into sight", async () => {
    await page.page.setViewportSize({ width: 360, height: 300 });
    await page.page.evaluate("scrollTo(0, 0)");
    await pausedAtIngest(ingest.url, "cam-16", true);
    await pausedAtIngest(ingest.url, "cam-1", false);
    await page.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
    await pausedAtIngest(ingest.url, "cam-16", false);
    await page.waitForState("live", WITHIN_MS, "cam-16");
    await pausedAtIngest(ingest.url, "cam-1", true);
  });
}

async function keepsTile(browser: TestBrowser, both: readonly ClipRendition[]): Promise<void> {
  await using ingest = await startIngest();
  using _garden = new ClipPublisher(ingest.url, both, "garden");
  const door = new ClipPublisher(ingest.url, both, "door", "Front door");
  await using page = await browser.open(ingest.url);
  await page.waitForState("live", 20_000, "door");
  await page.waitForState("live", 20_000, "garden");
  door[Symbol.dispose]();
  await page.waitForState("stale", 20_000, "door");
  await keepScreenshot(page, "stale-1280");
  assert.match(await page.message("door"), /\w/);
  await eventually("a screen reader is told", WITHIN_MS, async () => {
    const said = await page.page.locator(".wall > [role=status]").innerText();
    return /2 cameras; Front door is stale/.test(said) || said;
  });
  assert.deepEqual(await seriousFindings(page), []);
}
