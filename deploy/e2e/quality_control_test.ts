import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher, type ClipRendition } from "../testing/clip_publisher.ts";
import { freePort } from "../testing/free_port.ts";
import { makeNumberedClip, type NumberedClip } from "../testing/numbered_clip.ts";
import type { ShownNumber } from "../testing/page/shown_number.ts";
import { startIngest, startProducer } from "../testing/services.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
/** As long as frames can be numbered: a machine that is busy takes its time. */
const TIMING = { fps: 20, seconds: 51, gopFrames: 20 };
const MAIN = { ...TIMING, name: "main", widthPx: 1280, heightPx: 720, colour: "lime" };
const LOW = { ...TIMING, name: "low", widthPx: 640, heightPx: 360, colour: "blue" };
/** Longer than encoders take: what is shown must wait for it, not go back. */
const LOW_DELAY_MS = 300;

async function renditions(): Promise<readonly [ClipRendition, ClipRendition]> {
  const [main, low] = await Promise.all([makeNumberedClip(MAIN), makeNumberedClip(LOW)]);
  return [
    { name: MAIN.name, clip: main, delayMs: 0 },
    { name: LOW.name, clip: low, delayMs: LOW_DELAY_MS },
  ];
}

async function choose(page: PlayerPage, value: string): Promise<void> {
  await page.page.locator('[data-action="quality"]').selectOption(value);
}

function choicesOf(page: PlayerPage): Promise<string[]> {
  return page.page.locator('[data-action="quality"] option').evaluateAll((options) =>
    options.map((option) => option.getAttribute("value") ?? "")
  );
}

/** Until it shows: the player says so a moment before its picture is there. */
async function waitForRendition(page: PlayerPage, { widthPx, name }: typeof MAIN): Promise<void> {
  await page.waitForAttribute("data-rendition", name);
  await eventually(`the picture is ${widthPx} px wide`, WITHIN_MS, async () => {
    const width = (await page.picture())?.width;
    return width === widthPx || `it is ${width}`;
  });
}

function badge(page: PlayerPage): Promise<string> {
  return page.page.locator(".quality > span:visible").allInnerTexts().then((texts) => texts.join());
}

Deno.test("a change of quality shows no black, nothing of the past, and moves nothing", async (t) => {
  const both = await renditions();
  await using browser = await TestBrowser.launch();
  const port = freePort();
  await using first = await startIngest({ port });
  using firstPublisher = new ClipPublisher(first.url, both);
  await using page = await browser.open(`${first.url}?stream=default`, {
    width: 1400,
    height: 1000,
  });
  await page.waitForState("live");
  await page.waitForAttribute("data-rendition", "main");

  await t.step("down and up again by hand", async () => {
    await page.startWatchingNumbers();
    for (const chosen of ["low", "main", "low", "auto"]) {
      await choose(page, chosen);
      await page.waitForAttribute("data-selected", chosen);
      await waitForRendition(page, chosen === "low" ? LOW : MAIN);
    }
    assertSeamless(await page.stopWatchingNumbers());
  });

  await t.step("what was chosen is said, and why", async () => {
    assert.equal(await badge(page), "main,1280 × 720");
    await choose(page, "low");
    await page.waitForAttribute("data-rendition", "low");
    assert.equal(await page.attribute("data-quality"), "low");
    assert.match(await page.attribute("data-quality-reason") ?? "", /\w/);
    assert.equal(await badge(page), "low,640 × 360,pinned");
    const title = await page.page.locator(".quality").getAttribute("title") ?? "";
    assert.ok(title.includes(await page.attribute("data-quality-reason") ?? ""), title);
    await page.page.locator('[data-action="stats"]').click();
    assert.match(await page.stat("rendition"), /^low.*, pinned$/);
    assert.equal(await page.stat("reason"), await page.attribute("data-quality-reason"));
  });

  await t.step("the choice outlives the connection", async () => {
    firstPublisher[Symbol.dispose]();
    await first.process.stop();
    await page.waitForState("connecting");
    await using second = await startIngest({ port });
    using _secondPublisher = new ClipPublisher(second.url, both);
    await page.waitForState("live");
    assert.equal(await page.attribute("data-selected"), "low");
    await page.waitForAttribute("data-quality", "low");
    await page.waitForAttribute("data-rendition", "low");
  });
});

/** Each picture is whole, of its rendition's size, in the same place, and later than the one before. */
function assertSeamless(shown: readonly ShownNumber[]): void {
  const changes = shown.filter(({ widthPx }, index) => widthPx !== shown[index - 1]?.widthPx);
  const widths = changes.map(({ widthPx }) => widthPx);
  assert.deepEqual(widths, [MAIN, LOW, MAIN, LOW, MAIN].map(({ widthPx }) => widthPx));
  let newest = -1;
  for (const sample of shown) {
    const { number, colour, widthPx, heightPx, box } = sample;
    const what = JSON.stringify(sample);
    assert.ok(number !== null, `no whole picture: ${what}`);
    assert.ok(number >= newest, `back from ${newest}: ${what}`);
    newest = number;
    const [, green, blue] = colour;
    const isMain = widthPx === MAIN.widthPx;
    assert.equal(green > blue, isMain, `the size of one, the picture of another: ${what}`);
    assert.equal(heightPx, widthPx * 9 / 16);
    assert.deepEqual(box, shown[0]?.box, "the box moved");
  }
}

Deno.test("the choice is made by the keyboard alone, on a narrow screen, and remembered", async () => {
  const both = await renditions();
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  using _publisher = new ClipPublisher(ingest.url, both);
  await using page = await browser.open(ingest.url, { width: 360, height: 640 });
  await page.waitForState("live");
  await eventually("both can be chosen", WITHIN_MS, async () => {
    const choices = await choicesOf(page);
    return ["auto", "main", "low"].every((name) => choices.includes(name)) || `${choices}`;
  });
  await page.page.locator("figure.player").focus();
  await page.page.keyboard.press("q");
  while (await page.attribute("data-selected") !== "low") {
    const before = await page.attribute("data-selected");
    await page.page.keyboard.press("ArrowDown");
    assert.notEqual(await page.attribute("data-selected"), before, "the list has come to its end");
  }
  await page.waitForAttribute("data-selected", "low");
  await page.waitForAttribute("data-rendition", "low");
  await page.waitForState("live");
  const { scrollWidth, box } = await page.page.evaluate<{ scrollWidth: number; box: DOMRect }>(
    `({
      scrollWidth: document.documentElement.scrollWidth,
      box: document.querySelector('[data-action="quality"]').getBoundingClientRect().toJSON(),
    })`,
  );
  assert.equal(scrollWidth, 360, "nothing sticks out to the side");
  assert.ok(box.left >= 0 && box.right <= 360 && box.width >= 44 && box.height >= 32);
});

Deno.test("a choice that cannot be had any more gives way, and that is said", async () => {
  const [main, low] = await renditions();
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  using both = new ClipPublisher(ingest.url, [main, low]);
  await using page = await browser.open(`${ingest.url}?stream=default`);
  await page.waitForState("live");
  await choose(page, "low");
  await page.waitForAttribute("data-rendition", "low");
  both[Symbol.dispose]();
  using _mainAlone = new ClipPublisher(ingest.url, [main]);
  await page.waitForAttribute("data-selected", "auto");
  const message = await page.page.locator(".message").innerText();
  assert.equal(message, "Quality is automatic again: “low” cannot be had any more");
  await page.waitForAttribute("data-rendition", "main");
  assert.doesNotMatch(await badge(page), /pinned/);
});

Deno.test("a decoder that fails on every picture is given up for JPEG", async () => {
  const [main] = await renditions();
  const broken = { ...main, clip: garbled(main.clip) };
  const jpeg = { name: "jpeg", clip: await tinyJpegClip(), delayMs: 0 };
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  using _publisher = new ClipPublisher(ingest.url, [broken, jpeg]);
  await using page = await browser.open(`${ingest.url}?stream=default`);
  await page.waitForAttribute("data-rendition", "jpeg");
  await page.waitForState("live");
  assert.deepEqual(await choicesOf(page), ["auto", "jpeg"]);
});

/** The same JPEG again and again. */
async function tinyJpegClip(): Promise<NumberedClip> {
  const source = new URL("../../protocol/testdata/tiny_16x16.jpg", import.meta.url);
  const unit = { data: await Deno.readFile(source), key: true };
  const options = { ...TIMING, widthPx: 16, heightPx: 16, colour: "" };
  const units = Array.from({ length: TIMING.fps * TIMING.seconds }, () => unit);
  return { options, codec: "jpeg", units };
}

/** Access units that are whole for the protocol, and broken for a decoder behind each NAL header. */
function garbled(clip: NumberedClip): NumberedClip {
  const units = clip.units.map(({ data, key }) => {
    const broken = data.slice();
    const lengths = new DataView(broken.buffer);
    for (let at = 0; at < broken.length; at += 4 + lengths.getUint32(at)) {
      broken.fill(0, at + 5, at + 4 + lengths.getUint32(at));
    }
    return { data: broken, key };
  });
  return { ...clip, units };
}

Deno.test("without WebCodecs and Media Source no H.264 is offered", async () => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start({ widthPx: 640, heightPx: 360 });
  await using ingest = await startIngest({ env: { ALLOWED_ORIGINS: "http://lan.test" } });
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  const { port } = new URL(ingest.url);
  await using page = await browser.open("about:blank");
  await page.page.addInitScript({ content: "delete globalThis.MediaSource;" });
  await page.page.goto(`http://lan.test:${port}/?stream=default`);
  await page.waitForState("live");
  await eventually("JPEG alone is offered", WITHIN_MS, async () => {
    const choices = await choicesOf(page);
    return choices.join() === "auto,jpeg" || `${choices}`;
  });
});
