import assert from "node:assert/strict";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher } from "../testing/clip_publisher.ts";
import { makeNumberedClip } from "../testing/numbered_clip.ts";
import type { ShownNumber } from "../testing/page/shown_number.ts";
import { startIngest } from "../testing/services.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
/** As long as frames can be numbered: a machine that is busy takes its time. */
const TIMING = { fps: 20, seconds: 51 };
/** Ten seconds; and pictures so large that decoding a hundred of them takes a while. */
const MAIN = { ...TIMING, gopFrames: 200, widthPx: 1920, heightPx: 1080, colour: "lime" };
const LOW = { ...TIMING, gopFrames: 20, widthPx: 640, heightPx: 360, colour: "blue" };
const LOW_DELAY_MS = 50;
/** Where in a GOP of `main` a viewer joins: past what is decoded at once, long before its end. */
const JOIN_FROM_FRAME = 90;
const JOIN_UNTIL_FRAME = 140;
/** A pause of more than two seconds: ingest sends no whole GOP again before. */
const PAUSED_FRAMES = 2.5 * TIMING.fps;

/** The number of the picture that a page which plays all the time shows now. */
async function numberOn(page: PlayerPage): Promise<number> {
  let number: number | null | undefined;
  await eventually("a numbered picture shows", 20_000, async () => {
    await page.startWatchingNumbers();
    number = (await page.stopWatchingNumbers()).at(-1)?.number;
    return typeof number === "number" || "there is none";
  });
  return number ?? NaN;
}

async function untilGopIsLong(page: PlayerPage, leastNumber = 0): Promise<void> {
  await eventually("main is far from a keyframe", 30_000, async () => {
    const number = await numberOn(page);
    const inGop = number % MAIN.gopFrames;
    return (number >= leastNumber && inGop >= JOIN_FROM_FRAME && inGop <= JOIN_UNTIL_FRAME) ||
      `it is at ${number}`;
  });
}

/** By the page's own account, and until it shows: that says so a moment before its picture is there. */
async function untilJoinedInFull(page: PlayerPage): Promise<void> {
  await eventually("what follows the preview is painted", 20_000, async () => {
    const join = await page.page.locator('[data-stat="join"]').textContent() ?? "";
    return join.includes("in full") || `it joined in ${join}`;
  });
  await eventually("it shows", WITHIN_MS, async () => {
    const width = (await page.picture())?.width;
    return width === MAIN.widthPx || `the picture is ${width} px wide`;
  });
}

/** From the first picture of `low` on: it comes first, `main` before its next keyframe, no step back. */
function assertPreviewed(shown: readonly ShownNumber[]): void {
  const log = shown.map(({ widthPx, number }) => `${widthPx}: ${number}`).join(", ");
  const widths = shown.map(({ widthPx }) => widthPx);
  const changes = widths.filter((width, index) => width !== widths[index - 1]);
  assert.deepEqual(changes, [LOW.widthPx, MAIN.widthPx], log);
  let newest = -1;
  for (const { number, widthPx, colour: [, green, blue] } of shown) {
    assert.ok(number !== null && number >= newest, `back from ${newest}, or torn: ${log}`);
    assert.equal(green > blue, widthPx === MAIN.widthPx, `the size of one, another's picture`);
    newest = number;
  }
  const firstOf = (width: number) => shown.find(({ widthPx }) => widthPx === width)?.number ?? NaN;
  const [low, main] = [firstOf(LOW.widthPx), firstOf(MAIN.widthPx)];
  assert.equal(Math.floor(main / MAIN.gopFrames), Math.floor(low / MAIN.gopFrames), log);
  assert.ok(main % MAIN.gopFrames > 0, `that is a keyframe: ${log}`);
}

Deno.test("who joins ten seconds of GOP sees low at once, and main before its next keyframe", async (t) => {
  const [main, low] = await Promise.all([makeNumberedClip(MAIN), makeNumberedClip(LOW)]);
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  using _publisher = new ClipPublisher(ingest.url, [
    { name: "main", clip: main, delayMs: 0 },
    { name: "low", clip: low, delayMs: LOW_DELAY_MS },
  ]);
  const url = `${ingest.url}?stream=default`;
  await using first = await browser.open(url);
  await first.waitForState("live");

  await untilGopIsLong(first);
  await using page = await browser.open(url, { watchNumbersOf: "default" });
  await t.step("on a page that is opened", async () => {
    await untilJoinedInFull(page);
    assert.equal(await page.attribute("data-quality"), "main");
    const shown = await page.stopWatchingNumbers();
    // Before the first picture there is a canvas without one.
    assertPreviewed(shown.slice(shown.findIndex(({ number }) => number !== null)));
  });

  await t.step("after a pause", async () => {
    const play = page.page.locator('[data-action="play"]');
    await play.click();
    await page.waitForState("paused");
    await untilGopIsLong(first, await numberOn(page) + PAUSED_FRAMES);
    await page.startWatchingNumbers();
    await play.click();
    await untilJoinedInFull(page);
    const [paused, ...shown] = await page.stopWatchingNumbers();
    assert.equal(paused?.widthPx, MAIN.widthPx);
    assertPreviewed(shown);
    assert.ok((shown[0]?.number ?? NaN) > (paused?.number ?? NaN), "what stood still is older");
  });
});
