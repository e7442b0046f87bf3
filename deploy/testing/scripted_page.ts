import type { PlayerPage, TestBrowser } from "./browser.ts";

export interface PageScripts {
  /** Runs in the page before all else. */
  readonly inPage?: string;
  /** The same in the player's worker. */
  readonly inWorker?: string;
}

/** For the page: `hideTab(true)` makes it one that nobody sees, as far as its scripts can tell. */
export const HIDING = `
  let isHidden = false;
  Object.defineProperty(document, "hidden", { get: () => isHidden });
  globalThis.hideTab = (hidden) => {
    isHidden = hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  };`;

/** Workers get no script of a test's before all else: what they are told waits for that. */
const HOLDING_WORKERS = `
  const post = Worker.prototype.postMessage;
  const held = [];
  Worker.prototype.postMessage = function (...message) {
    held.push(() => post.apply(this, message));
  };
  globalThis.releaseWorkers = () => {
    Worker.prototype.postMessage = post;
    for (const release of held) release();
  };`;

/** A page of the viewer, of one player, with a test's own scripts in it. */
export async function openScripted(
  browser: TestBrowser,
  url: string,
  { inPage = "", inWorker = "" }: PageScripts,
): Promise<PlayerPage> {
  const page = await browser.open("about:blank");
  await page.page.addInitScript({ content: inPage });
  if (inWorker !== "") await page.page.addInitScript({ content: HOLDING_WORKERS });
  const starting = inWorker === "" ? undefined : page.page.waitForEvent("worker");
  await page.page.goto(url);
  await (await starting)?.evaluate(inWorker);
  if (inWorker !== "") await page.page.evaluate("releaseWorkers()");
  return page;
}
