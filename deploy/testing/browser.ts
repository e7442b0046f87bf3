import { type Browser, chromium, type Page } from "playwright-core";
import { fileURLToPath } from "node:url";
import type { ClockSample, ShownPicture } from "./page/shown.ts";
import type { ShownNumber } from "./page/shown_number.ts";

const DEFAULT_CHROMIUM = "/usr/bin/chromium";
const PROBE_SOURCES = ["./page/page_probe.ts", "./page/number_probe.ts"];
const POLL_MS = 50;

const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // An origin on plain http that is not loopback: what a camera page on a LAN is.
  "--host-resolver-rules=MAP lan.test 127.0.0.1",
];

export interface OpenOptions {
  /** Of the window, CSS px. */
  readonly width?: number;
  readonly height?: number;
  /** A stream of which is noted what its player shows from the page's beginning on. */
  readonly watchNumbersOf?: string;
}

/** A real Chromium; every page it opens can be asked what its players show. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #probe: string;

  private constructor(browser: Browser, probe: string) {
    this.#browser = browser;
    this.#probe = probe;
  }

  /**
   * @param options.executablePath `CHROMIUM_PATH`, or Debian's, by default
   * @param options.trustsEveryone takes certificates of anybody's
   * @throws {Error} when there is no Chromium to start
   */
  static async launch(
    { executablePath = Deno.env.get("CHROMIUM_PATH") ?? DEFAULT_CHROMIUM, trustsEveryone = false }:
      {
        executablePath?: string;
        trustsEveryone?: boolean;
      } = {},
  ): Promise<TestBrowser> {
    const probe = (await Promise.all(PROBE_SOURCES.map(bundleProbe))).join("\n");
    const args = trustsEveryone ? [...CHROMIUM_ARGS, "--ignore-certificate-errors"] : CHROMIUM_ARGS;
    try {
      return new TestBrowser(
        await chromium.launch({ executablePath, args, headless: true }),
        probe,
      );
    } catch (cause) {
      throw new Error(
        `no Chromium at ${executablePath}; install it (apt install chromium) or set CHROMIUM_PATH`,
        { cause },
      );
    }
  }

  async open(
    url: string,
    { width = 1280, height = 800, watchNumbersOf }: OpenOptions = {},
  ): Promise<PlayerPage> {
    const page = await this.#browser.newPage({ viewport: { width, height } });
    await page.addInitScript({ content: this.#probe });
    if (watchNumbersOf !== undefined) {
      await page.addInitScript({
        content: `portholeNumbers.start(${JSON.stringify(watchNumbersOf)})`,
      });
    }
    await page.goto(url);
    return new PlayerPage(page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** A page of the viewer, and what can be seen on it. */
export class PlayerPage implements AsyncDisposable {
  constructor(readonly page: Page) {}

  /** What the player of a stream shows; `null` while it shows nothing. */
  picture(stream = "default"): Promise<ShownPicture | null> {
    return this.page.evaluate<ShownPicture | null>(
      `portholeProbe.readPicture(${JSON.stringify(stream)})`,
    );
  }

  /** Every new picture for so long, with its age by the camera's own clock. */
  watchClock(durationMs: number, stream = "default"): Promise<ClockSample[]> {
    return this.page.evaluate<ClockSample[]>(
      `portholeProbe.watchClock(${JSON.stringify(stream)}, ${durationMs})`,
    );
  }

  /** When the first picture with a readable clock showed, ms after the page was opened. */
  firstPictureMs(stream = "default"): Promise<number> {
    return this.page.evaluate<number>(
      `portholeProbe.firstPictureMs(${JSON.stringify(stream)})`,
    );
  }

  /** Notes what the player shows from now on, for pictures that carry a number. */
  async startWatchingNumbers(stream = "default"): Promise<void> {
    await this.page.evaluate(`portholeNumbers.start(${JSON.stringify(stream)})`);
  }

  /** What was seen since, in its order; each picture once. */
  stopWatchingNumbers(): Promise<ShownNumber[]> {
    return this.page.evaluate<ShownNumber[]>("portholeNumbers.stop()");
  }

  /** An attribute of the player, such as `data-state`. */
  attribute(name: string, stream = "default"): Promise<string | null> {
    return this.page.locator(`figure.player[data-stream="${stream}"]`).getAttribute(name);
  }

  /** As the player says it; `absent` while the page has none for the stream. */
  async stateOrAbsence(stream = "default"): Promise<string> {
    const players = this.page.locator(`figure.player[data-stream="${stream}"]`);
    if (await players.count() === 0) return "absent";
    return await players.getAttribute("data-state") ?? "unknown";
  }

  /** Waits until an attribute of the player is so. */
  async waitForAttribute(
    name: string,
    value: string,
    timeoutMs = 20_000,
    stream = "default",
  ): Promise<void> {
    await eventually(`${name} is ${value}`, timeoutMs, async () => {
      const now = await this.attribute(name, stream);
      return now === value || `it is ${now}`;
    });
  }

  /** What the player says over the picture. */
  message(stream = "default"): Promise<string> {
    return this.page.locator(`figure.player[data-stream="${stream}"] .message`).innerText();
  }

  stat(name: string, stream?: string): Promise<string> {
    const within = stream === undefined ? "" : `figure.player[data-stream="${stream}"] `;
    return this.page.locator(`${within}[data-stat="${name}"]`).first().innerText();
  }

  /**
   * Waits until the player says it is in that state.
   *
   * @throws {Error} that says in which it is
   */
  waitForState(state: string, timeoutMs = 20_000, stream = "default"): Promise<void> {
    return this.waitForAttribute("data-state", state, timeoutMs, stream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }
}

/**
 * Polls until `check` is true.
 *
 * @throws {Error} when it is not by then, with the last reason `check` gave
 */
export async function eventually(
  what: string,
  timeoutMs: number,
  check: () => Promise<true | string> | true | string,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (true) {
    const outcome = await check();
    if (outcome === true) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`not within ${timeoutMs} ms: ${what}; ${outcome}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function bundleProbe(source: string): Promise<string> {
  const path = fileURLToPath(new URL(source, import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=browser", path],
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`the page probe did not bundle: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
