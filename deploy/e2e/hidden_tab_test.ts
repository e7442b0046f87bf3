import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import type { ClockSample } from "../testing/page/shown.ts";
import { showsNow } from "../testing/recovery.ts";
import { HIDING, openScripted } from "../testing/scripted_page.ts";
import { startIngest, startProducer } from "../testing/services.ts";

/** A long GOP: whoever is sent it again is sent a lot of the past. */
const CAMERA = { widthPx: 640, heightPx: 360, gopFrames: 150 };
/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
/** So old may be what ingest is told last, and what is painted first: the way of one picture. */
const LIVE_MS = 500;
const PAUSES_WITHIN_MS = 1_000;
const STANDS_FOR_MS = 1_000;
const WATCHED_MS = 1_500;

/** Notes what the player's connection sends and is sent, but for frames. */
const NOTING = `
  globalThis.said = [];
  const names = ["pause", "resume", "replay"];
  const note = (data) => {
    const bytes = new Uint8Array(data);
    if (bytes.byteLength > 200) return;
    const text = String.fromCharCode(...bytes);
    const name = names.find((name) => text.includes(name));
    if (name !== undefined) said.push({ name, atMs: performance.timeOrigin + performance.now() });
  };
  globalThis.WebSocket = class extends WebSocket {
    constructor(...options) {
      super(...options);
      this.addEventListener("message", ({ data }) => note(data));
    }

    send(data) {
      note(data);
      super.send(data);
    }
  };`;

interface Said {
  readonly name: string;
  /** Since the epoch. */
  readonly atMs: number;
}

/** What was said since it was asked the last time. */
async function saidBy({ page }: PlayerPage): Promise<Said[]> {
  const [worker] = page.workers();
  assert.ok(worker, "the player has a worker");
  return await worker.evaluate<Said[]>("said.splice(0)");
}

interface Viewer {
  readonly reason: string;
  readonly framesSent: number;
}

async function onlyViewer(ingestUrl: string): Promise<Viewer> {
  const { viewers } = await (await fetch(`${ingestUrl}api/streams/default/viewers`)).json();
  assert.equal(viewers.length, 1);
  return viewers[0];
}

function namesOf(said: readonly Said[]): string[] {
  return said.map(({ name }) => name);
}

Deno.test("a tab that is hidden has ingest send nothing; shown, its first picture is of now", async (t) => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(CAMERA);
  await using ingest = await startIngest();
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  for (const way of ["webcodecs", "mse", "jpeg"]) {
    await t.step(way, async () => {
      await using page = await openScripted(browser, `${ingest.url}?stream=default`, {
        inPage: `${HIDING} localStorage.clear();`,
        inWorker: NOTING,
      });
      await page.waitForState("live", WITHIN_MS);
      await page.page.locator('[data-action="stats"]').click();
      await page.page.locator('[data-action="way"]').selectOption(way);
      await page.waitForAttribute("data-way", way, WITHIN_MS);
      await eventually("it shows now", WITHIN_MS, () => showsNow(page));
      await saidBy(page);

      const hiddenAtMs = await page.page.evaluate<number>(
        "(hideTab(true), performance.timeOrigin + performance.now())",
      );
      await eventually("no frame is sent any more", WITHIN_MS, async () => {
        const before = await onlyViewer(ingest.url);
        await new Promise((resolve) => setTimeout(resolve, STANDS_FOR_MS));
        const { framesSent, reason } = await onlyViewer(ingest.url);
        return framesSent === before.framesSent && reason === "paused by the viewer" ||
          `${framesSent - before.framesSent} are, ${reason}`;
      });
      await page.waitForState("paused");
      const [pause, ...more] = await saidBy(page);
      assert.deepEqual([pause?.name, more], ["pause", []]);
      const tookMs = (pause?.atMs ?? Infinity) - hiddenAtMs;
      assert.ok(tookMs <= PAUSES_WITHIN_MS, `it took ${tookMs} ms to say so`);

      const [shownAtMs, samples] = await page.page.evaluate<[number, ClockSample[]]>(`(async () => {
        const atMs = performance.timeOrigin + performance.now();
        hideTab(false);
        return [atMs, await portholeProbe.watchClock("default", ${WATCHED_MS})];
      })()`);
      const madeAtMs = samples.map(({ atMs, ageMs }) => atMs - ageMs);
      const past = madeAtMs.filter((ms) => ms > hiddenAtMs + LIVE_MS && ms < shownAtMs - LIVE_MS);
      assert.deepEqual(past, [], "made while nobody looked");
      await eventually("it is live, and says so", WITHIN_MS, async () => {
        const latencyMs = Number.parseFloat(await page.stat("latency"));
        return latencyMs < LIVE_MS ? await showsNow(page, "default", shownAtMs) : `${latencyMs} ms`;
      });
      const said = namesOf(await saidBy(page));
      assert.deepEqual(said, way === "jpeg" ? ["resume"] : ["resume", "replay"]);
    });
  }
});
