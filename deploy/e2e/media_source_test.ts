import assert from "node:assert/strict";
import { seriousFindings } from "../testing/accessibility.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ForeignSite } from "../testing/foreign_site.ts";
import { ClipPublisher } from "../testing/clip_publisher.ts";
import { makeNumberedClip, type NumberedClip } from "../testing/numbered_clip.ts";
import { type Ingest, startIngest } from "../testing/services.ts";

const CLIP = { widthPx: 640, heightPx: 360, fps: 10, seconds: 100, gopFrames: 10, colour: "lime" };
const STREAMS = ["attic", "door", "garden", "yard"];
/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;

/** An ingest that pages reach as of a LAN, on plain http: without WebCodecs. */
class Lan implements AsyncDisposable {
  readonly #owned = new AsyncDisposableStack();

  private constructor(readonly browser: TestBrowser, readonly ingest: Ingest, clip: NumberedClip) {
    this.#owned.use(browser);
    this.#owned.use(ingest);
    const renditions = [{ name: "main", clip, delayMs: 0 }];
    for (const id of STREAMS) {
      this.#owned.use(new ClipPublisher(ingest.url, renditions, id));
    }
  }

  static async start(): Promise<Lan> {
    const clip = await makeNumberedClip(CLIP);
    const ingest = await startIngest({ env: { ALLOWED_ORIGINS: "http://lan.test" } });
    return new Lan(await TestBrowser.launch(), ingest, clip);
  }

  async open(path: string): Promise<PlayerPage> {
    return await this.browser.open(`http://lan.test:${new URL(this.ingest.url).port}/${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

/** Polled from here: the page's policy forbids playwright to do it there. */
function until(page: PlayerPage, expression: string): Promise<void> {
  return eventually(expression, WITHIN_MS, async () => {
    const value = await page.page.evaluate<unknown>(expression);
    return value === true || String(value);
  });
}

async function playsByVideo(page: PlayerPage, stream: string): Promise<void> {
  await page.waitForAttribute("data-way", "mse", WITHIN_MS, stream);
  await page.waitForState("live", WITHIN_MS, stream);
  const player = `document.querySelector('figure.player[data-stream="${stream}"]')`;
  await until(page, `${player}.querySelector("video.picture").videoWidth === ${CLIP.widthPx}`);
}

/** In the statistics, which it opens and closes. */
async function choose(page: PlayerPage, setting: string, value: string): Promise<void> {
  await page.page.keyboard.press("s");
  await page.page.locator(`[data-action="${setting}"]`).selectOption(value);
  await page.page.locator("figure.player").focus();
  await page.page.keyboard.press("s");
}

Deno.test("a <video> is zoomed, saved, shown full and in a window of its own as a canvas is", async (t) => {
  await using lan = await Lan.start();
  // As of this machine, where there is another way to change to.
  await using page = await lan.browser.open(`${lan.ingest.url}?stream=door`);
  const { keyboard } = page.page;
  await page.waitForState("live", WITHIN_MS, "door");
  await choose(page, "way", "mse");
  await playsByVideo(page, "door");
  const video = page.page.locator("video.picture");

  await t.step("zoomed in, the picture is saved as a whole", async () => {
    await keyboard.press("+");
    await keyboard.press("+");
    await until(
      page,
      "new DOMMatrix(getComputedStyle(document.querySelector('video')).transform).a > 1.5",
    );
    const downloading = page.page.waitForEvent("download");
    await keyboard.press("c");
    const png = await Deno.readFile(await (await downloading).path());
    const view = new DataView(png.buffer);
    assert.deepEqual([view.getUint32(16), view.getUint32(20)], [CLIP.widthPx, CLIP.heightPx]);
    await keyboard.press("0");
    await until(
      page,
      "new DOMMatrix(getComputedStyle(document.querySelector('video')).transform).a === 1",
    );
  });

  await t.step("a double click fills the screen, and gives it back", async () => {
    await video.dblclick();
    await until(page, "document.fullscreenElement?.dataset.stream === 'door'");
    await video.dblclick();
    await until(page, "document.fullscreenElement === null");
  });

  await t.step(
    "in a window of its own it plays on, until something else shows the picture",
    async () => {
      await keyboard.press("p");
      await until(
        page,
        "document.pictureInPictureElement === document.querySelector('video.picture')",
      );
      const pip = page.page.locator('[data-action="pip"]');
      assert.equal(await pip.getAttribute("aria-pressed"), "true");
      const atS = await page.page.evaluate<number>("document.pictureInPictureElement.currentTime");
      await until(page, `document.pictureInPictureElement.currentTime > ${atS + 0.5}`);
      await choose(page, "way", "webcodecs");
      await until(page, "document.pictureInPictureElement === null");
      await eventually("the button says so", WITHIN_MS, async () => {
        return await pip.getAttribute("aria-pressed") === "false" || "it does not";
      });
    },
  );
});

Deno.test("a wall plays by Media Source, and what is set for one camera is set for all", async () => {
  await using lan = await Lan.start();
  await using page = await lan.open("");
  for (const stream of STREAMS) await playsByVideo(page, stream);
  assert.deepEqual(await seriousFindings(page), []);
  const door = page.page.locator('figure.player[data-stream="door"]');
  await door.locator("a.open").click();
  await page.page.keyboard.press("s");
  await door.locator('[data-action="smoothing"]').selectOption("100");
  const garden = page.page.locator('figure.player[data-stream="garden"]');
  assert.equal(await garden.locator('[data-action="smoothing"]').inputValue(), "100");
  await page.page.keyboard.press("Escape");
  for (const stream of STREAMS) await page.waitForState("live", WITHIN_MS, stream);
  await page.page.reload();
  await page.waitForState("live", WITHIN_MS, "garden");
  assert.equal(await garden.locator('[data-action="smoothing"]').inputValue(), "100");
});

Deno.test("an embedded player plays by Media Source, too, and saves what it shows", async () => {
  await using lan = await Lan.start();
  await using page = await lan.open("embed.html?stream=door");
  assert.equal(await page.page.evaluate("isSecureContext"), false);
  const player = "document.querySelector('porthole-player')";
  await until(page, `${player}.state === "live"`);
  await until(page, `${player}.shadowRoot.querySelector("video")?.checkVisibility() === true`);
  assert.match(await page.page.evaluate<string>(`${player}.stats.codec`), /^avc1\./);
  await until(page, `${player}.shadowRoot.querySelector("[part=canvas][hidden]") !== null`);
  const size = await page.page.evaluate<number[]>(`${player}.capture()
    .then(createImageBitmap).then(({ width, height }) => [width, height])`);
  assert.deepEqual(size, [CLIP.widthPx, CLIP.heightPx]);
  await page.page.evaluate(`${player}.remove()`);
  await until(page, "document.querySelectorAll('porthole-player').length === 0");
});

Deno.test("a site of another origin on plain http plays so, under the policy that README.md names", async () => {
  await using stack = new AsyncDisposableStack();
  const clip = await makeNumberedClip(CLIP);
  let cams = "";
  const site = stack.use(ForeignSite.start(
    () => ({
      "/": {
        type: "text/html",
        body: `<script type="module" src="${cams}/embed.js"></script>
          <porthole-player src="${cams.replace("http", "ws")}/ws/door" controls></porthole-player>`,
      },
    }),
    () => ({
      "content-security-policy": `default-src 'none'; script-src ${cams}; ` +
        `worker-src blob: ${cams}; connect-src ${cams} ${cams.replace("http", "ws")}; ` +
        "media-src blob:",
    }),
  ));
  const siteUrl = `http://lan.test:${new URL(site.origin).port}`;
  const ingest = stack.use(await startIngest({ env: { ALLOWED_ORIGINS: siteUrl } }));
  cams = new URL(ingest.url).origin;
  stack.use(new ClipPublisher(ingest.url, [{ name: "main", clip, delayMs: 0 }], "door"));
  const browser = stack.use(await TestBrowser.launch());
  const page = stack.use(await browser.open(siteUrl));
  assert.equal(await page.page.evaluate("isSecureContext"), false);
  const player = "document.querySelector('porthole-player')";
  await until(page, `${player}.state === "live"`);
  await until(page, `${player}.shadowRoot.querySelector("video")?.checkVisibility() === true`);
});
