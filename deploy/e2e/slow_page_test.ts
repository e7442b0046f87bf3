import assert from "node:assert/strict";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher } from "../testing/clip_publisher.ts";
import { layoutShiftOf } from "../testing/layout_shift.ts";
import { makeNumberedClip } from "../testing/numbered_clip.ts";
import { openScripted } from "../testing/scripted_page.ts";
import { startIngest } from "../testing/services.ts";
import { describeStream } from "../testing/stream_description.ts";

/** Not of the size that is taken as long as none is known. */
const CLIP = { fps: 10, seconds: 100, gopFrames: 10, widthPx: 640, heightPx: 360, colour: "lime" };
/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const PASSWORD = "correct horse";
const AUTH = { WATCH_PASSWORD: PASSWORD, AUTH_SECRET: "0123456789abcdef0123456789abcdef" };
/** For the worker: what it is told waits until `releaseMessages()`. */
const HOLDING_MESSAGES = `
  const released = Promise.withResolvers();
  globalThis.releaseMessages = released.resolve;
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (type, listener, ...options) {
    const later = (event) => void released.promise.then(() => listener(event));
    listen.call(this, type, type === "message" ? later : listener, ...options);
  };`;

/** Has the answers of an address wait until it is called. */
async function holdBack({ page }: PlayerPage, glob: string): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await page.route(glob, async (route) => {
    await held.promise;
    await route.continue();
  });
  return held.resolve;
}

Deno.test("on a page that comes slowly nothing moves", async (t) => {
  const clip = await makeNumberedClip(CLIP);
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  using _camera = new ClipPublisher(ingest.url, [{ name: "main", clip, delayMs: 0 }]);
  await eventually("it is live", WITHIN_MS, async () => {
    const { state } = await describeStream(ingest.url);
    return state === "live" || state;
  });

  for (const reducedMotion of ["no-preference", "reduce"] as const) {
    await t.step(`its worker is late, motion: ${reducedMotion}`, async () => {
      await using page = await browser.open("about:blank");
      await page.page.emulateMedia({ reducedMotion });
      const release = await holdBack(page, "**/decode_worker.js");
      await page.page.goto(`${ingest.url}?stream=default`);
      await sizeIsAwaited(page);
      release();
      await nothingMoved(page);
    });
  }

  await t.step("its connection is there before it is told anything", async () => {
    const url = `${ingest.url}?stream=default`;
    await using page = await openScripted(browser, url, { inWorker: HOLDING_MESSAGES });
    await eventually("it is connected", WITHIN_MS, async () => {
      const { viewers } = await describeStream(ingest.url);
      return viewers === 1 || `${viewers} viewers`;
    });
    await sizeIsAwaited(page);
    await page.page.workers()[0]?.evaluate("releaseMessages()");
    await nothingMoved(page);
  });
});

/** It says what it waits for, and shows nothing that would have to move. */
async function sizeIsAwaited(page: PlayerPage): Promise<void> {
  await eventually("it says what it waits for", WITHIN_MS, async () => {
    const message = await page.message();
    return message === "Connecting" || message;
  });
  assert.equal(await page.page.locator(".controls").isVisible(), false);
}

async function nothingMoved(page: PlayerPage): Promise<void> {
  await page.waitForState("live", WITHIN_MS);
  await page.waitForAttribute("data-told", "yes", WITHIN_MS);
  assert.equal(await layoutShiftOf(page), 0);
  assert.equal(await page.page.locator(".controls").isVisible(), true);
}

Deno.test("that somebody is logged in moves nothing when the page finds out", async () => {
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest({ env: AUTH });
  await using page = await browser.open("about:blank");
  const { request } = page.page.context();
  const { url } = ingest;
  const answer = await request.post(`${url}api/session`, { data: { password: PASSWORD } });
  assert.equal(answer.status(), 200, await answer.text());
  const release = await holdBack(page, "**/api/session");
  await page.page.goto(url);
  await page.page.locator(".empty").waitFor();
  assert.equal(await page.page.locator(".log-out").isVisible(), false);
  release();
  await page.page.locator(".log-out").waitFor();
  assert.equal(await layoutShiftOf(page), 0);
});
