import assert from "node:assert/strict";
import { hs256, secondsFromNow } from "../../ingest/testing/tokens.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const SIZE = { widthPx: 640, heightPx: 360 };
const WATCH_PASSWORD = "correct horse";
const AUTH_SECRET = "0123456789abcdef0123456789abcdef";
const SETTINGS = { WATCH_PASSWORD, AUTH_SECRET };

/** A token that is good for so long. */
function tokenFor(claims: Record<string, unknown>, seconds = 600): string {
  return hs256({ exp: secondsFromNow(seconds), ...claims }, { secret: AUTH_SECRET });
}

/** The camera "door" on an ingest that asks everybody who they are. */
async function startGuarded(stack: AsyncDisposableStack): Promise<Ingest> {
  const camera = stack.use(await SimulatedCamera.start(SIZE));
  const ingest = stack.use(await startIngest({ env: SETTINGS }));
  const PUBLISH_TOKEN = tokenFor({ publish: ["door"] });
  stack.use(
    await startProducer({
      cameraUrl: camera.url,
      ingestUrl: ingest.url,
      env: { STREAM_ID: "door", PUBLISH_TOKEN },
    }),
  );
  return ingest;
}

async function logIn(page: PlayerPage, typed: string): Promise<void> {
  await page.page.locator(".login input").fill(typed);
  await page.page.locator(".login button").click();
}

function text(page: PlayerPage, selector: string): Promise<string> {
  return page.page.locator(selector).innerText();
}

async function loginIsShown(page: PlayerPage): Promise<void> {
  await page.page.locator(".login input").waitFor({ timeout: 15_000 });
}

Deno.test("a person logs in by password, and stays in until they log out", async () => {
  await using stack = new AsyncDisposableStack();
  const browser = stack.use(await TestBrowser.launch());
  const ingest = await startGuarded(stack);
  const page = stack.use(await browser.open(`${ingest.url}?stream=door`, { width: 360 }));
  await loginIsShown(page);
  const widths = await page.page.evaluate<number[]>(
    "[document.documentElement.scrollWidth, innerWidth]",
  );
  assert.deepEqual(widths, [360, 360], "nothing sticks out to the side");
  assert.equal(await page.page.evaluate("document.activeElement.id"), "credentials");
  await logIn(page, "incorrect horse");
  await eventually("it says what is wrong", WITHIN_MS, async () => {
    const problem = await text(page, ".login [role=alert]");
    return problem === "That is not the password" || problem;
  });
  await logIn(page, WATCH_PASSWORD);
  await page.waitForState("live", 20_000, "door");
  assert.equal(await page.page.evaluate("document.cookie"), "", "out of reach of scripts");
  await page.page.reload();
  await page.waitForState("live", 20_000, "door");
  await page.page.locator(".log-out").click();
  await loginIsShown(page);
  assert.equal(await text(page, ".login [role=status]"), "You are logged out.");
  await page.page.reload();
  await loginIsShown(page);
});

Deno.test("a share link lets in to what it is for, and leaves no token behind", async () => {
  await using stack = new AsyncDisposableStack();
  const browser = stack.use(await TestBrowser.launch());
  const ingest = await startGuarded(stack);
  const link = `${ingest.url}?stream=door#token=${tokenFor({ watch: ["door"] })}`;
  const page = stack.use(await browser.open(link));
  await page.waitForState("live", 20_000, "door");
  assert.equal(page.page.url(), `${ingest.url}?stream=door`);
  await page.page.goto(`${ingest.url}?stream=garden`);
  await page.waitForState("offline", WITHIN_MS, "garden");
  assert.match(await text(page, ".player .message"), /does not let you watch "garden"/i);
  await page.page.goto(ingest.url);
  await page.waitForState("live", 20_000, "door");
  const stale = `${ingest.url}?stream=door#token=${tokenFor({ watch: ["door"] }, -1)}`;
  const other = stack.use(await browser.open(stale));
  await loginIsShown(other);
  assert.match(await text(other, ".login [role=status]"), /The link does not do: .* has expired/);
  assert.equal(other.page.url(), `${ingest.url}?stream=door`);
});

Deno.test("a session that ends while it is watched leads to the login, with words, and on from there", async () => {
  await using stack = new AsyncDisposableStack();
  const browser = stack.use(await TestBrowser.launch());
  const ingest = await startGuarded(stack);
  const token = tokenFor({ watch: ["*"] }, 8);
  const page = stack.use(await browser.open(`${ingest.url}#token=${token}`));
  await page.waitForState("live", 20_000, "door");
  await loginIsShown(page);
  const notice = "Your session has ended. Log in to go on watching.";
  assert.equal(await text(page, ".login [role=status]"), notice);
  await logIn(page, ` ${tokenFor({ watch: ["door"] })} `);
  await page.waitForState("live", 20_000, "door");
});

Deno.test("a page of another origin gets nothing of it, whatever it tries", async () => {
  await using stack = new AsyncDisposableStack();
  const browser = stack.use(await TestBrowser.launch());
  const ingest = stack.use(await startIngest());
  const foreign = stack.use(
    Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () =>
        new Response("<!DOCTYPE html><title>x</title>", {
          headers: { "content-type": "text/html" },
        }),
    ),
  );
  const page = stack.use(await browser.open(`http://localhost:${foreign.addr.port}/`));
  const outcome = await page.page.evaluate<string[]>(`(async () => {
    const base = ${JSON.stringify(ingest.url)};
    const socket = new WebSocket(base.replace("http", "ws") + "ws/door");
    const socketEnd = await new Promise((resolve) => {
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    });
    const read = (path, init) =>
      fetch(base + path, init).then(({ type, status }) => type + " " + status, () => "refused");
    const image = new Image();
    const imageEnd = new Promise((resolve) => {
      image.onload = () => resolve("shown");
      image.onerror = () => resolve("refused");
    });
    image.src = base + "favicon.svg";
    return [
      socketEnd,
      await read("api/streams", {}),
      await read("ingest/door", { method: "POST", body: "x", mode: "no-cors" }),
      await imageEnd,
    ];
  })()`);
  // What is posted without CORS leaves no word to the page; ingest says what became of it.
  assert.equal(outcome[0], "refused");
  assert.equal(outcome[1], "refused");
  assert.ok(["opaque 0", "refused"].includes(outcome[2] ?? ""), outcome[2]);
  assert.equal(outcome[3], "refused");
  const metrics = await (await fetch(`${ingest.url}metrics`)).json();
  assert.deepEqual([metrics.publishes_rejected, metrics.clients_connected], [0, 0]);
});
