import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { showsNow } from "../testing/recovery.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import { SlowLink } from "../testing/slow_link.ts";

const SIZE = { widthPx: 640, heightPx: 360 };
/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const MAX_TRIES = 3;
const HOUR_MS = 3_600_000;

/** What tells the page that its connections are those of before. */
const CHANGES: Readonly<Record<string, (page: PlayerPage) => Promise<void>>> = {
  "the browser is offline, and online again": async ({ page }) => {
    await page.context().setOffline(true);
    await page.context().setOffline(false);
  },
  "the machine was asleep": async ({ page }) => {
    const [worker] = page.workers();
    assert.ok(worker, "the player has a worker");
    await worker.evaluate(`(() => {
      const now = Date.now;
      Date.now = () => now() + ${HOUR_MS};
    })()`);
  },
};

Deno.test("on another network, or awake again, a page does not wait for a dead connection", async (t) => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using link = SlowLink.start({ toPort: Number(new URL(ingest.url).port) });
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  for (const [what, change] of Object.entries(CHANGES)) {
    await t.step(what, async () => {
      for (let tries = 1;; tries++) {
        await using page = await browser.open(`${link.url}?stream=default`);
        await eventually("it is live", WITHIN_MS, () => showsNow(page));
        await page.page.locator('[data-action="stats"]').click();
        const reconnects = await reconnectsAfter(page, async () => {
          link.strand();
          await change(page);
        });
        if (reconnects === "1") return;
        // A machine that stands still between the two is too late.
        assert.ok(tries < MAX_TRIES, `${reconnects}; its silence takes longer`);
      }
    });
  }
});

/** What a player says of its connections when it is back from there. */
async function reconnectsAfter(page: PlayerPage, leave: () => Promise<void>): Promise<string> {
  assert.equal(await page.stat("reconnects"), "none");
  await leave();
  await eventually("it has connected again", WITHIN_MS, async () => {
    const text = await page.stat("reconnects");
    return text !== "none" || text;
  });
  const reconnectedAtMs = Date.now();
  await eventually("it is live", WITHIN_MS, () => showsNow(page, "default", reconnectedAtMs));
  return await page.stat("reconnects");
}
