import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { freePort } from "../testing/free_port.ts";
import { HIDING, openScripted } from "../testing/scripted_page.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";
import { metricsOf } from "../testing/stream_description.ts";

const SIZE = { widthPx: 640, heightPx: 360 };
/** By the camera's own clock, all of the way; the machine may be busy with others. */
const LIVE_MS = 1_000;
/** Pictures are looked at for so long, and so many are to come in that. */
const LOOK_MS = 400;
const MIN_PICTURES = 4;
const SMOOTHING_MS = 200;
/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const NO_MEDIA_SOURCE = "delete globalThis.MediaSource; delete globalThis.ManagedMediaSource";
const NO_WEB_CODECS = "delete globalThis.VideoDecoder;";
const SWALLOWING_DECODER = "VideoDecoder.prototype.decode = () => {};";

/** One camera behind an ingest that pages reach as of this machine, and as of a LAN on plain http. */
class Stage implements AsyncDisposable {
  readonly #owned = new AsyncDisposableStack();
  readonly #port = freePort();
  readonly #env = { ALLOWED_ORIGINS: "http://lan.test" };
  #ingest: Ingest | undefined;

  private constructor(readonly browser: TestBrowser) {
    this.#owned.use(browser);
  }

  static async start(): Promise<Stage> {
    const stage = new Stage(await TestBrowser.launch());
    const camera = stage.#owned.use(await SimulatedCamera.start(SIZE));
    await stage.startIngest();
    const options = { cameraUrl: camera.url, ingestUrl: stage.ingestUrl };
    stage.#owned.use(await startProducer(options));
    return stage;
  }

  get ingestUrl(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  async startIngest(): Promise<void> {
    this.#ingest = this.#owned.use(await startIngest({ port: this.#port, env: this.#env }));
  }

  async stopIngest(): Promise<void> {
    await this.#ingest?.process.stop();
  }

  /**
   * @param inPage script that runs in the page before all else
   * @param inWorker the same in the player's worker
   */
  open(host: "127.0.0.1" | "lan.test", inPage = "", inWorker = ""): Promise<PlayerPage> {
    const url = `http://${host}:${this.#port}/?stream=default`;
    return openScripted(this.browser, url, { inPage, inWorker });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

/** ms, the youngest first. */
async function agesSeen(page: PlayerPage): Promise<number[]> {
  const samples = await page.watchClock(LOOK_MS);
  return samples.map(({ ageMs }) => ageMs).sort((a, b) => a - b);
}

/** How many there are that show a picture: of `<video>`, of `<canvas>`. */
async function shownBy({ page }: PlayerPage): Promise<string> {
  const videos = await page.locator("video.picture:visible").count();
  const canvases = await page.locator("canvas.picture:visible").count();
  return `${videos} videos, ${canvases} canvases`;
}

/** Pixels prove it: the camera's clock is in the picture. */
async function showsLive(page: PlayerPage, way: string): Promise<void> {
  await page.waitForAttribute("data-way", way, WITHIN_MS);
  const alone = way === "mse" ? "1 videos, 0 canvases" : "0 videos, 1 canvases";
  await eventually(`${way} shows pictures of now`, WITHIN_MS, async () => {
    // Until there is one by the new way that of the old one stays.
    const shown = await shownBy(page);
    if (shown !== alone) return shown;
    const ages = await agesSeen(page);
    if (ages.length < MIN_PICTURES) return `${ages.length} pictures in ${LOOK_MS} ms`;
    const medianMs = ages[ages.length >> 1] ?? Infinity;
    return medianMs < LIVE_MS || `pictures are ${medianMs} ms old`;
  });
  assert.equal(await shownBy(page), alone, "one shows, no two");
}

async function choose(page: PlayerPage, setting: string, value: string): Promise<void> {
  await page.page.locator(`[data-action="${setting}"]`).selectOption(value);
}

Deno.test("every way of playing", async (t) => {
  await using stage = await Stage.start();
  await t.step(
    "on plain http it plays by Media Source, as live as on https, and all works there",
    (t) => allWorksOnPlainHttp(t, stage),
  );
  await t.step(
    "what a browser lacks, or has and cannot, is gone round",
    (t) => goesRound(t, stage),
  );
  await t.step(
    "the way is chosen by hand, on the same connection, and remembered",
    () => isChosenByHand(stage),
  );
  for (const [host, way, inPage] of HIDDEN) {
    await t.step(
      `${way}: a hidden tab is sent nothing; shown again it is of now. So after ingest was away`,
      (t) => pausesWhileHidden(t, stage, { host, way, inPage }),
    );
  }
});

async function allWorksOnPlainHttp(t: Deno.TestContext, stage: Stage): Promise<void> {
  await using page = await stage.open("lan.test", HIDING);
  await showsLive(page, "mse");
  assert.match(await page.attribute("data-codec") ?? "", /^avc1/);

  await t.step("why is said, latency and frames are told", async () => {
    await page.page.locator('[data-action="stats"]').click();
    assert.equal(await page.stat("way"), "Media Source (WebCodecs is for https alone)");
    await eventually("the stats are measured", WITHIN_MS, async () => {
      const fps = Number.parseFloat(await page.stat("fps"));
      const latencyMs = Number.parseFloat(await page.stat("latency"));
      return (fps > 15 && fps < 40 && latencyMs > 0 && latencyMs < LIVE_MS) ||
        `${fps} fps, ${latencyMs} ms`;
    });
  });

  await t.step("its frames are confirmed to ingest", async () => {
    await eventually("ingest knows its viewer's age", WITHIN_MS, async () => {
      const url = `${stage.ingestUrl}api/streams/default/viewers`;
      const [viewer] = (await (await fetch(url)).json()).viewers;
      return viewer?.rendition === "main" && viewer.ageMs < LIVE_MS || JSON.stringify(viewer);
    });
  });

  await t.step("a picture is saved at its own size", async () => {
    const downloading = page.page.waitForEvent("download");
    await page.page.locator('[data-action="capture"]').click();
    const png = await Deno.readFile(await (await downloading).path());
    const view = new DataView(png.buffer);
    assert.deepEqual([view.getUint32(16), view.getUint32(20)], [640, 360]);
    assert.ok(png.byteLength > 2_000, "it is not black");
  });

  await t.step("another rendition, and JPEG, come when they are chosen, and go again", async () => {
    for (const rendition of ["low", "jpeg", "main"]) {
      await choose(page, "quality", rendition);
      await page.waitForAttribute("data-rendition", rendition, WITHIN_MS);
      const picture = page.page.locator(".picture:visible");
      assert.equal(
        await picture.evaluate((shown) => shown.tagName),
        rendition === "jpeg" ? "CANVAS" : "VIDEO",
      );
      await eventually(`${rendition} is live`, WITHIN_MS, async () => {
        const [youngestMs = Infinity] = await agesSeen(page);
        return youngestMs < LIVE_MS || `${youngestMs} ms old`;
      });
    }
  });

  await t.step("smoothing holds pictures back, by as much as was chosen", async () => {
    await choose(page, "smoothing", `${SMOOTHING_MS}`);
    await eventually("pictures wait", WITHIN_MS, async () => {
      const ages = await agesSeen(page);
      const medianMs = ages[ages.length >> 1] ?? 0;
      return medianMs > SMOOTHING_MS * 0.8 || `they are ${medianMs} ms old`;
    });
    await choose(page, "smoothing", "0");
    await showsLive(page, "mse");
  });
}

async function goesRound(t: Deno.TestContext, stage: Stage): Promise<void> {
  const cases = [
    { lacks: "WebCodecs", host: "127.0.0.1", inPage: "", inWorker: NO_WEB_CODECS, way: "mse" },
    { lacks: "both", host: "lan.test", inPage: NO_MEDIA_SOURCE, inWorker: "", way: "jpeg" },
    {
      lacks: "a decoder that decodes",
      host: "127.0.0.1",
      inPage: "",
      inWorker: SWALLOWING_DECODER,
      way: "mse",
    },
    {
      lacks: "a profile of H.264",
      host: "lan.test",
      inPage: "MediaSource.isTypeSupported = (type) => type.includes('42e01e');",
      inWorker: "",
      way: "jpeg",
    },
  ] as const;
  for (const { lacks, host, inPage, inWorker, way } of cases) {
    await t.step(`without ${lacks}: ${way}`, async () => {
      await using page = await stage.open(host, inPage, inWorker);
      await showsLive(page, way);
    });
  }
}

async function isChosenByHand(stage: Stage): Promise<void> {
  await using page = await stage.open("127.0.0.1");
  await showsLive(page, "webcodecs");
  await page.page.locator('[data-action="stats"]').click();
  for (const way of ["mse", "jpeg", "mse", "webcodecs", "jpeg", "webcodecs", "mse"]) {
    await choose(page, "way", way);
    await showsLive(page, way);
    assert.match(await page.stat("way"), /chosen by hand/);
  }
  assert.equal(await page.stat("reconnects"), "none");
  await page.page.reload();
  await showsLive(page, "mse");
  await page.page.locator('[data-action="stats"]').click();
  await choose(page, "way", "auto");
  await showsLive(page, "webcodecs");
}

const HIDDEN = [
  ["127.0.0.1", "webcodecs", HIDING],
  ["lan.test", "mse", HIDING],
  ["lan.test", "jpeg", HIDING + NO_MEDIA_SOURCE],
] as const;

interface HiddenCase {
  readonly host: "127.0.0.1" | "lan.test";
  readonly way: string;
  readonly inPage: string;
}

async function pausesWhileHidden(
  t: Deno.TestContext,
  stage: Stage,
  { host, way, inPage }: HiddenCase,
): Promise<void> {
  await using page = await stage.open(host, inPage);
  await showsLive(page, way);

  await t.step("hidden and shown", async () => {
    await page.page.evaluate("hideTab(true)");
    await eventually("nothing is sent", WITHIN_MS, async () => {
      const before = (await metricsOf(stage.ingestUrl)).frames_sent;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return (await metricsOf(stage.ingestUrl)).frames_sent === before || "frames are";
    });
    await page.waitForState("paused");
    await page.page.evaluate("hideTab(false)");
    await showsLive(page, way);
  });

  await t.step("ingest restarts", async () => {
    await stage.stopIngest();
    await page.waitForState("connecting");
    await stage.startIngest();
    await page.waitForState("live");
    await showsLive(page, way);
  });
}
