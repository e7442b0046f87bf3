import assert from "node:assert/strict";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher } from "../testing/clip_publisher.ts";
import { makeNumberedClip } from "../testing/numbered_clip.ts";
import { HIDING, openScripted } from "../testing/scripted_page.ts";
import { startIngest } from "../testing/services.ts";
import { metricsOf } from "../testing/stream_description.ts";

/** A long GOP: whoever is sent it again is sent a lot of the past. */
const GOP_FRAMES = 50;
const CLIP = { fps: 10, seconds: 100, widthPx: 320, heightPx: 180, colour: "lime" };
/** So many are not sent. */
const MISSED_FRAMES = 15;
/** Of the GOP, when the tab shows again. */
const PAST_FRAMES = 20;
/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;

interface Viewer {
  readonly reason: string;
  readonly framesSent: number;
}

async function onlyViewer(ingestUrl: string): Promise<Viewer> {
  const { viewers } = await (await fetch(`${ingestUrl}api/streams/default/viewers`)).json();
  assert.equal(viewers.length, 1);
  return viewers[0];
}

/** What the player shows since it was asked last; numbers alone. */
async function numbersSeen(page: PlayerPage): Promise<number[]> {
  const seen = await page.stopWatchingNumbers();
  await page.startWatchingNumbers();
  return seen.map(({ number }) => number).filter((number) => number !== null);
}

Deno.test("a tab that is hidden is sent nothing; shown, it skips what was made meanwhile", async (t) => {
  const clip = await makeNumberedClip({ ...CLIP, gopFrames: GOP_FRAMES });
  await using browser = await TestBrowser.launch();
  for (const way of ["webcodecs", "mse"]) {
    await t.step(way, async () => {
      await using ingest = await startIngest();
      const framesReceived = async () => (await metricsOf(ingest.url)).frames_received ?? 0;
      using _camera = new ClipPublisher(ingest.url, [{ name: "main", clip, delayMs: 0 }]);
      await using page = await openScripted(browser, `${ingest.url}?stream=default`, {
        inPage: HIDING,
      });
      await page.waitForState("live", WITHIN_MS);
      await page.page.locator('[data-action="stats"]').click();
      await page.page.locator('[data-action="way"]').selectOption(way);
      await page.waitForAttribute("data-way", way, WITHIN_MS);
      await page.startWatchingNumbers();
      await eventually("pictures show", WITHIN_MS, async () => {
        const numbers = await numbersSeen(page);
        return numbers.length > 1 || `${numbers}`;
      });

      await page.page.evaluate("hideTab(true)");
      await page.waitForState("paused", WITHIN_MS);
      await eventually("ingest is told", WITHIN_MS, async () => {
        const { reason } = await onlyViewer(ingest.url);
        return reason === "paused by the viewer" || reason;
      });
      const [{ framesSent }, pausedAt] = [await onlyViewer(ingest.url), await framesReceived()];
      await numbersSeen(page);
      await eventually("a lot is made meanwhile", WITHIN_MS, async () => {
        const now = await framesReceived();
        return now >= pausedAt + MISSED_FRAMES && now % GOP_FRAMES >= PAST_FRAMES || `${now}`;
      });
      assert.equal((await onlyViewer(ingest.url)).framesSent, framesSent, "and nothing is sent");
      const stood = (await numbersSeen(page)).at(-1) ?? -1;

      // Numbers begin at 0.
      const newest = await framesReceived() - 1;
      await page.page.evaluate("hideTab(false)");
      const shown: number[] = [];
      await eventually("it goes on", WITHIN_MS, async () => {
        shown.push(...await numbersSeen(page));
        return (shown.at(-1) ?? 0) > newest || `${shown}`;
      });
      const past = shown.filter((number) => number !== stood && number < newest);
      assert.deepEqual(past, [], `it stood at ${stood}, and ingest had ${newest}`);
    });
  }
});
