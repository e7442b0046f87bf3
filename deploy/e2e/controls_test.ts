import assert from "node:assert/strict";
import { seriousFindings } from "../testing/accessibility.ts";
import { keepScreenshot } from "../testing/artifacts.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher } from "../testing/clip_publisher.ts";
import { layoutShiftOf } from "../testing/layout_shift.ts";
import { makeNumberedClip } from "../testing/numbered_clip.ts";
import { startIngest } from "../testing/services.ts";
import { describeStream } from "../testing/stream_description.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const MAIN = { fps: 10, seconds: 100, gopFrames: 10, widthPx: 640, heightPx: 360, colour: "lime" };
/** WCAG 2.2, 2.5.5 */
const TOUCH_PX = 44;

function scaleOf(page: PlayerPage): Promise<number> {
  return page.page.evaluate<number>(
    "new DOMMatrix(getComputedStyle(document.querySelector('.picture')).transform).a",
  );
}

function placeOf(page: PlayerPage): Promise<readonly number[]> {
  return page.page.evaluate<number[]>(
    "(({ e, f }) => [e, f])(new DOMMatrix(getComputedStyle(document.querySelector('.picture')).transform))",
  );
}

/** Polled from here: the page's policy forbids playwright to do it there. */
function until(page: PlayerPage, expression: string): Promise<void> {
  return eventually(expression, WITHIN_MS, async () => {
    const value = await page.page.evaluate<unknown>(expression);
    return value === true || String(value);
  });
}

function isShown(page: PlayerPage, selector: string): Promise<boolean> {
  return page.page.locator(selector).isVisible();
}

/** Names of what can be pressed and is smaller than a finger. */
function tooSmall(page: PlayerPage): Promise<string[]> {
  return page.page.evaluate<string[]>(`[...document.querySelectorAll("button, select, input, a")]
    .filter((target) => target.checkVisibility())
    .map((target) => ({ target, box: target.getBoundingClientRect() }))
    .filter(({ box }) => box.width < ${TOUCH_PX} || box.height < ${TOUCH_PX})
    .map(({ target, box }) => (target.ariaLabel ?? target.className) + " " + box.width + "x" + box.height)`);
}

Deno.test("every control of a player, by keyboard, pointer and touch", async (t) => {
  const clip = await makeNumberedClip(MAIN);
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  using _door = new ClipPublisher(ingest.url, [{ name: "main", clip, delayMs: 0 }], "door");
  using _garden = new ClipPublisher(ingest.url, [{ name: "main", clip, delayMs: 0 }], "garden");
  // How large the picture of a camera is that has yet to come nobody knows.
  await eventually("the camera is there", 20_000, async () => {
    const { state } = await describeStream(ingest.url, "door");
    return state === "live" || state;
  });
  await using page = await browser.open(`${ingest.url}?stream=door`);
  const { keyboard, mouse } = page.page;
  await page.waitForState("live", 20_000, "door");

  await t.step("nothing moves as the picture comes", async () => {
    await page.waitForAttribute("data-told", "yes", 20_000, "door");
    assert.equal(await layoutShiftOf(page), 0);
  });

  await t.step("keys work wherever the focus is, but in a list", async () => {
    await keyboard.press("s");
    assert.equal(await isShown(page, ".stats-panel"), true);
    await keyboard.press("s");
    assert.equal(await isShown(page, ".stats-panel"), false);
    await keyboard.press(" ");
    await page.waitForState("paused", WITHIN_MS, "door");
    await keyboard.press(" ");
    await page.waitForState("live", WITHIN_MS, "door");
    await keyboard.press("q");
    assert.equal(await page.page.evaluate("document.activeElement.dataset.action"), "quality");
    await keyboard.press("s");
    assert.equal(await isShown(page, ".stats-panel"), false, "letters are the list's own");
    await page.page.locator("figure.player").focus();
    await keyboard.press("s");
    assert.equal(await isShown(page, ".stats-panel"), true, "once, not twice");
    await keyboard.press("s");
  });

  await t.step("c saves a PNG named by stream and time", async () => {
    const downloading = page.page.waitForEvent("download");
    await keyboard.press("c");
    assert.match((await downloading).suggestedFilename(), /^door-\d{4}-\d\d-\d\dT[\d-]+.*\.png$/);
  });

  await t.step("f fills the screen, and f again gives it back", async () => {
    await keyboard.press("f");
    await until(page, "document.fullscreenElement?.dataset.stream === 'door'");
    await keyboard.press("f");
    await until(page, "document.fullscreenElement === null");
  });

  await t.step("p shows it in a window of its own, which goes on", async () => {
    await keyboard.press("p");
    await until(page, "document.pictureInPictureElement?.videoWidth === 640");
    const atS = await page.page.evaluate<number>("document.pictureInPictureElement.currentTime");
    await until(page, `document.pictureInPictureElement.currentTime > ${atS + 0.5}`);
    await keyboard.press("p");
    await until(page, "document.pictureInPictureElement === null");
    assert.equal(
      await page.page.locator('[data-action="pip"]').getAttribute("aria-pressed"),
      "false",
    );
  });

  await t.step("+ and − zoom, arrows move what is seen, 0 shows the whole", async () => {
    await keyboard.press("+");
    await keyboard.press("+");
    const close = await scaleOf(page);
    assert.ok(close > 1.5, `${close}`);
    await keyboard.press("ArrowRight");
    assert.ok(((await placeOf(page))[0] ?? 0) < 0);
    assert.equal(new URL(page.page.url()).search, "?stream=door", "the same camera");
    await keyboard.press("-");
    assert.ok(await scaleOf(page) < close);
    await keyboard.press("0");
    assert.equal(await scaleOf(page), 1);
  });

  await t.step(
    "the wheel zooms to the pointer, dragging moves, the badge shows the whole",
    async () => {
      const box = await page.page.locator(".stage").boundingBox();
      assert.ok(box);
      const [x, y] = [box.x + box.width / 4, box.y + box.height / 4];
      await mouse.move(x, y);
      await mouse.wheel(0, -400);
      await eventually(
        "it is close",
        WITHIN_MS,
        async () => await scaleOf(page) > 2 || "it is not",
      );
      const [left = 0, top = 0] = await placeOf(page);
      assert.ok(left > 0 && top > 0, "what was under the pointer still is");
      await mouse.down();
      await mouse.move(x - 50, y - 30, { steps: 3 });
      await mouse.up();
      const [movedLeft = 0, movedTop = 0] = await placeOf(page);
      assert.deepEqual([Math.round(movedLeft - left), Math.round(movedTop - top)], [-50, -30]);
      await page.page.locator('[data-action="zoom"]').click();
      assert.equal(await scaleOf(page), 1);
    },
  );

  await t.step("two fingers and a double tap zoom", async () => {
    const point = (pointerId: number, xPx: number) =>
      `{ pointerId: ${pointerId}, clientX: ${xPx}, clientY: 200, pointerType: "touch", bubbles: true }`;
    const touch = (type: string, id: number, xPx: number) =>
      page.page.evaluate(
        `document.querySelector(".picture").dispatchEvent(new PointerEvent("${type}", ${
          point(id, xPx)
        }))`,
      );
    await touch("pointerdown", 11, 600);
    await touch("pointerdown", 12, 680);
    await touch("pointermove", 12, 760);
    assert.ok(Math.abs(await scaleOf(page) - 2) < 0.01);
    await touch("pointerup", 11, 600);
    await touch("pointerup", 12, 760);
    await keyboard.press("0");
    await page.page.evaluate(
      `for (const type of ["pointerdown", "pointerup", "pointerdown", "pointerup"]) {
      document.querySelector(".picture").dispatchEvent(new PointerEvent(type, ${point(13, 640)}));
    }`,
    );
    assert.ok(await scaleOf(page) > 2);
    await keyboard.press("0");
  });

  await t.step("? says what keys do, and takes them meanwhile", async () => {
    await keyboard.press("?");
    assert.equal(await isShown(page, "dialog.help"), true);
    await keyboard.press("s");
    assert.equal(await isShown(page, ".stats-panel"), false);
    assert.deepEqual(await seriousFindings(page), []);
    await keyboard.press("Escape");
    assert.equal(await isShown(page, "dialog.help"), false);
    assert.equal(new URL(page.page.url()).search, "?stream=door", "Esc closed the help alone");
  });

  for (const [width, height] of [[360, 720], [1280, 800], [2560, 1440]] as const) {
    await t.step(`at ${width} px everything can be reached by a finger`, async () => {
      await page.page.setViewportSize({ width, height });
      await page.page.locator("figure.player").hover();
      assert.deepEqual(await tooSmall(page), []);
      const aside = await page.page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.equal(aside, 0, "nothing sticks out to the side");
      await keepScreenshot(page, `alone-${width}`);
    });
  }

  await t.step("axe-core finds nothing serious", async () => {
    assert.deepEqual(await seriousFindings(page), []);
  });

  await t.step("alone too, arrows lead to other cameras and Esc to all", async () => {
    await keyboard.press("ArrowRight");
    await page.waitForState("live", WITHIN_MS, "garden");
    assert.equal(new URL(page.page.url()).search, "?stream=garden");
    await keyboard.press("Escape");
    await page.waitForState("live", WITHIN_MS, "door");
    assert.equal(new URL(page.page.url()).search, "");
    await page.page.goBack();
    assert.equal(new URL(page.page.url()).search, "?stream=garden");
    assert.equal(await page.attribute("data-view", "garden"), "full");
  });
});

Deno.test("the login has nothing serious for axe-core to find, at any width", async () => {
  await using browser = await TestBrowser.launch();
  const env = { WATCH_PASSWORD: "correct horse", AUTH_SECRET: "0123456789abcdef0123456789abcdef" };
  await using ingest = await startIngest({ env });
  await using page = await browser.open(ingest.url);
  await page.page.locator(".login input").waitFor();
  for (const [width, height] of [[360, 720], [1280, 800], [2560, 1440]] as const) {
    await page.page.setViewportSize({ width, height });
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(await tooSmall(page), []);
    await keepScreenshot(page, `login-${width}`);
  }
});

Deno.test("without a camera, too, and without motion where none is wanted", async () => {
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  await using page = await browser.open(ingest.url);
  await page.page.locator(".empty").waitFor();
  assert.deepEqual(await seriousFindings(page), []);
  await keepScreenshot(page, "empty-1280");
  await page.page.emulateMedia({ reducedMotion: "reduce" });
  await page.page.goto(`${ingest.url}?stream=nobody`);
  await page.waitForState("offline", WITHIN_MS, "nobody");
  await keepScreenshot(page, "offline-1280");
  assert.deepEqual(await seriousFindings(page), []);
  const moving = await page.page.evaluate(
    "document.getAnimations().filter(({ playState }) => playState === 'running').length",
  );
  assert.equal(moving, 0);
});
