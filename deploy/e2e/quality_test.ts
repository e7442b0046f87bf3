import assert from "node:assert/strict";
import { type Look, PictureLog } from "../bench/slow_pictures.ts";
import { switchesIn, type Viewing, viewingOf } from "../bench/slow_report.ts";
import { FrameTally, FrameViewer } from "../testing/frame_viewer.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import { SlowLink } from "../testing/slow_link.ts";

/** Wider than `low`, so that its pictures are other ones in size as well. */
const CAMERA = { widthPx: 960, heightPx: 540, fps: 20, gopFrames: 20, bitrateKbps: 4_000 };
/** Far too little for the camera, enough for `low` and what is probed. */
const SQUEEZED_KBPS = 1_200;
const STREAM = "default";
/** Late, but live: a machine that runs all this at once is not quick. */
const MAX_AGE_MS = 1_000;
const MIN_FPS = 5;
const RECENT_MS = 2_000;
const STEADY_MS = 20_000;
const MAX_SWITCHES_WHILE_STEADY = 2;

/** A page and all it was seen to show. */
class WatchedPage implements AsyncDisposable {
  readonly looks: Look[] = [];

  private constructor(readonly page: PlayerPage, private readonly log: PictureLog) {}

  static async open(browser: TestBrowser, url: string): Promise<WatchedPage> {
    const page = await browser.open(`${url}?stream=${STREAM}`);
    try {
      await page.waitForState("live");
      return new WatchedPage(
        page,
        await PictureLog.start(page.page, { stream: STREAM, ...CAMERA }),
      );
    } catch (cause) {
      await page[Symbol.asyncDispose]();
      throw cause;
    }
  }

  async lookAgain(): Promise<void> {
    this.looks.push(...await this.log.take());
  }

  async rendition(): Promise<string | null> {
    await this.lookAgain();
    return this.page.attribute("data-rendition");
  }

  /** What was seen over the last so many ms. */
  async recently(spanMs: number): Promise<Viewing> {
    await this.lookAgain();
    const untilMs = (this.looks.at(-1)?.atMs ?? 0) + 1;
    return viewingOf(this.looks, { fromMs: untilMs - spanMs, untilMs });
  }

  async showsRendition(expected: string, withinMs: number): Promise<void> {
    await eventually(`the page shows ${expected}`, withinMs, async () => {
      const rendition = await this.rendition();
      return rendition === expected || `it shows ${rendition}`;
    });
  }

  async isLiveAgain(withinMs: number): Promise<void> {
    await eventually("the picture is young and moves", withinMs, async () => {
      const { shownAgesMs, fps } = await this.recently(RECENT_MS);
      const oldestMs = Math.max(...shownAgesMs);
      return (oldestMs < MAX_AGE_MS && fps >= MIN_FPS) ||
        `of late it was up to ${oldestMs.toFixed(0)} ms old, at ${fps.toFixed(1)} fps`;
    });
  }

  /** Since it was opened no picture was damaged, and none older than one before. */
  async assertWhole(): Promise<void> {
    await this.lookAgain();
    const all = viewingOf(this.looks, { fromMs: 0, untilMs: Infinity });
    assert.ok(all.paintedAgesMs.length > 0, "pictures were seen");
    assert.equal(all.unreadable, 0, "pictures whose clock cannot be read");
    assert.deepEqual(all.setbacks, [], "pictures older than one before");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log[Symbol.asyncDispose]();
    await this.page[Symbol.asyncDispose]();
  }
}

Deno.test("a viewer whose link becomes slow gets low, live and whole, and main when it is wide again", async (t) => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(CAMERA);
  await using ingest = await startIngest();
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await using link = SlowLink.start({ toPort: Number(new URL(ingest.url).port) });
  await using slow = await WatchedPage.open(browser, link.url);
  const socketUrl = `${ingest.url}ws/${STREAM}`.replace("http", "ws");
  await using beside = new FrameViewer(socketUrl, new FrameTally(), "main");
  const whileSqueezed = new FrameTally();
  assert.equal(await slow.rendition(), "main");

  await t.step("squeezed, it goes over to low and is live again", async () => {
    beside.countInto(whileSqueezed);
    link.setRate(SQUEEZED_KBPS);
    await slow.showsRendition("low", 20_000);
    await slow.isLiveAgain(20_000);
    beside.countInto(new FrameTally());
  });

  await t.step("released, it comes back to main", async () => {
    link.setRate(undefined);
    await slow.showsRendition("main", 30_000);
    await slow.isLiveAgain(20_000);
  });

  await t.step("all the while no picture was damaged, and none went back", async () => {
    await slow.assertWhole();
  });

  await t.step("who watched main beside it got it all the same", () => {
    const { agesMs: { length: frames }, discarded } = whileSqueezed;
    assert.deepEqual([...whileSqueezed.renditions.keys()], ["main"]);
    // A busy machine may cost it a GOP; the slow link would cost it two frames of three.
    assert.ok(discarded < frames / 3, `${discarded} frames were discarded, ${frames} came`);
  });
});

Deno.test("on a steady link that suits low, the quality does not flap", async () => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(CAMERA);
  await using ingest = await startIngest();
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  const toPort = Number(new URL(ingest.url).port);
  await using link = SlowLink.start({ toPort, kbps: SQUEEZED_KBPS });
  await using slow = await WatchedPage.open(browser, link.url);
  await slow.showsRendition("low", 20_000);

  const sinceMs = slow.looks.at(-1)?.atMs ?? 0;
  await eventually(`it was watched for ${STEADY_MS} ms`, 2 * STEADY_MS, async () => {
    await slow.lookAgain();
    const watchedMs = (slow.looks.at(-1)?.atMs ?? 0) - sinceMs;
    return watchedMs > STEADY_MS || `for ${watchedMs.toFixed(0)} ms`;
  });
  const switches = switchesIn(slow.looks).filter(({ atMs }) => atMs > sinceMs);
  assert.ok(switches.length <= MAX_SWITCHES_WHILE_STEADY, JSON.stringify(switches));
  await slow.isLiveAgain(10_000);
  await slow.assertWhole();
});
