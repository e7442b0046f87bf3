import { encode } from "@msgpack/msgpack";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TestCertificates } from "../../ingest/testing/test_certificates.ts";
import { hs256, secondsFromNow } from "../../ingest/testing/tokens.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ClipPublisher } from "../testing/clip_publisher.ts";
import { ForeignSite } from "../testing/foreign_site.ts";
import { makeNumberedClip } from "../testing/numbered_clip.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";

const SIZE = { widthPx: 640, heightPx: 360 };
const CLIP = { fps: 10, seconds: 100, gopFrames: 10 };
const AUTH_SECRET = "0123456789abcdef0123456789abcdef";
const LIVE_WITHIN_MS = 20_000;
const TINY_JPEG = fileURLToPath(
  new URL("../../protocol/testdata/tiny_16x16.jpg", import.meta.url),
);

/** What a page notes of a player's events, and asks of it. */
const HELPERS = `
  globalThis.notes = [];
  globalThis.note = (player) => {
    for (const name of ["statechange", "error"]) {
      player.addEventListener(name, ({ detail }) => notes.push([name, detail]));
    }
    player.addEventListener("stats", ({ detail }) => globalThis.lastStats = detail);
    return player;
  };
`;

interface Embedding extends AsyncDisposable {
  readonly ingest: Ingest;
  readonly site: ForeignSite;
  readonly page: PlayerPage;
  /** The origin of ingest, with its scheme as WebSockets have it. */
  readonly webSocketOrigin: string;
}

function tokenFor(watch: readonly string[], seconds = 600): string {
  return hs256({ exp: secondsFromNow(seconds), watch }, { secret: AUTH_SECRET });
}

function pageWith(scriptUrl: string, body = ""): string {
  return `<!DOCTYPE html><title>site</title><script type="module" src="${scriptUrl}"></script>` +
    `<body>${body}<p id="there"></p></body>`;
}

/** A page elsewhere, locked down as far as it can be, and the camera "door". */
async function embed({ env = {}, isAllowed = true } = {}): Promise<Embedding> {
  await using stack = new AsyncDisposableStack();
  const camera = stack.use(await SimulatedCamera.start(SIZE));
  let cams = "";
  const site = stack.use(ForeignSite.start(
    () => ({ "/": { type: "text/html", body: pageWith(`${cams}/embed.js`) } }),
    () => ({
      "content-security-policy": `default-src 'none'; worker-src blob: ${cams}; ` +
        `script-src ${cams}; connect-src ${cams} ${cams.replace("http", "ws")}`,
    }),
  ));
  const ALLOWED_ORIGINS = isAllowed ? site.origin : "https://another.example";
  const ingest = stack.use(await startIngest({ env: { ALLOWED_ORIGINS, ...env } }));
  cams = new URL(ingest.url).origin;
  stack.use(
    await startProducer({
      cameraUrl: camera.url,
      ingestUrl: ingest.url,
      env: {
        STREAM_ID: "door",
        ...("AUTH_SECRET" in env
          ? {
            PUBLISH_TOKEN: hs256({ exp: secondsFromNow(600), publish: ["door"] }, {
              secret: AUTH_SECRET,
            }),
          }
          : {}),
      },
    }),
  );
  const browser = stack.use(await TestBrowser.launch());
  const page = stack.use(await browser.open(site.origin));
  await page.page.evaluate(HELPERS);
  const all = stack.move();
  return {
    ...{ ingest, site, page, webSocketOrigin: cams.replace("http", "ws") },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Asked by who may: viewers that are connected. */
async function clients({ ingest }: Embedding): Promise<number> {
  const operate = hs256({ exp: secondsFromNow(60), operate: true }, { secret: AUTH_SECRET });
  const headers = { authorization: `Bearer ${operate}` };
  return (await (await fetch(`${ingest.url}metrics`, { headers })).json()).clients_connected;
}

async function clientsAre(embedding: Embedding, count: number): Promise<void> {
  await eventually(`${count} viewers`, LIVE_WITHIN_MS, async () => {
    const now = await clients(embedding);
    return now === count || `${now}`;
  });
}

async function becomes(
  page: PlayerPage,
  state: string,
  selector = "porthole-player",
): Promise<void> {
  await eventually(`${selector} is ${state}`, LIVE_WITHIN_MS, async () => {
    const now = await page.page.evaluate<string>(`
      document.querySelector(${JSON.stringify(selector)})?.state + " " + JSON.stringify(notes)`);
    return now.startsWith(`${state} `) || now;
  });
}

Deno.test("a page of another origin plays with a token, under a strict policy of its own", async (t) => {
  await using embedding = await embed({ env: { AUTH_SECRET } });
  const { page, webSocketOrigin } = embedding;

  await t.step("without one it says what is missing", async () => {
    await page.page.evaluate(`
      const player = note(document.createElement("porthole-player"));
      player.setAttribute("src", "${webSocketOrigin}/ws/door");
      player.setAttribute("controls", "");
      document.body.prepend(player);`);
    await becomes(page, "refused");
    const [code, message] = await page.page.evaluate<[string, string]>(`
      (({ error }) => [error.code, error.message])(document.querySelector("porthole-player"))`);
    assert.equal(code, "unauthorized");
    assert.match(message, /may not watch: log in, or send/);
    const notes = await page.page.evaluate<[string, { code?: string }][]>("notes");
    assert.deepEqual(notes.filter(([, { code }]) => code === "unauthorized").length, 1);
  });

  await t.step("one for another stream is not enough", async () => {
    await page.page.evaluate(`
      document.querySelector("porthole-player").token = "${tokenFor(["yard"])}"`);
    await eventually("it is forbidden", LIVE_WITHIN_MS, async () => {
      const code = await page.page.evaluate<string>(
        "document.querySelector('porthole-player').error?.code ?? 'none'",
      );
      return code === "forbidden" || code;
    });
  });

  await t.step("with one it plays, tells so, and measures", async () => {
    await page.page.evaluate(`
      document.querySelector("porthole-player").token = "${tokenFor(["door"])}"`);
    await becomes(page, "live");
    await eventually("it measures", LIVE_WITHIN_MS, async () => {
      const stats = await page.page.evaluate<Record<string, number> | null>(
        "globalThis.lastStats ?? null",
      );
      const { fps = 0, widthPx = 0, latencyMs = null } = stats ?? {};
      return fps > 15 && widthPx === 640 && latencyMs !== null || JSON.stringify(stats);
    });
    assert.equal(await page.page.evaluate("document.querySelector('porthole-player').error"), null);
    const states = await page.page.evaluate<string[]>(`
      notes.filter(([name]) => name === "statechange").map(([, { state }]) => state)`);
    assert.equal(states[0], "connecting");
    assert.equal(states.at(-1), "live");
    assert.equal(await clients(embedding), 1);
  });

  await t.step("nothing of its picture is in the page's reach but by asking", async () => {
    const [head, width] = await page.page.evaluate<[number[], number]>(`
      document.querySelector("porthole-player").capture().then(async (png) => {
        const { width } = await createImageBitmap(png);
        return [[...new Uint8Array(await png.arrayBuffer()).subarray(0, 4)], width];
      })`);
    assert.deepEqual(head, [0x89, 0x50, 0x4e, 0x47]);
    assert.equal(width, 640);
  });

  await t.step("its controls and properties do what they say", async () => {
    await page.page.evaluate("document.querySelector('porthole-player').focus()");
    const downloading = page.page.waitForEvent("download");
    await page.page.keyboard.press("c");
    assert.match((await downloading).suggestedFilename(), /^door-\d{4}-.*\.png$/);
    await page.page.evaluate("document.querySelector('porthole-player').pause()");
    await becomes(page, "paused");
    await page.page.locator("porthole-player button[aria-label=Play]").click();
    await becomes(page, "live");
    await page.page.evaluate("document.querySelector('porthole-player').quality = 'jpeg'");
    await eventually("it shows JPEG", 20_000, async () => {
      const name = await page.page.evaluate<string>(
        "document.querySelector('porthole-player').rendition",
      );
      return name === "jpeg" || name;
    });
    await page.page.locator("porthole-player button[aria-label='Full screen']").click();
    await eventually("it fills the screen", LIVE_WITHIN_MS, async () => {
      const tag = await page.page.evaluate("document.fullscreenElement?.localName ?? ''");
      return tag === "porthole-player" || String(tag);
    });
    await page.page.evaluate("document.exitFullscreen()");
    const box = await page.page.evaluate<[string, string]>(`
      (({ shadowRoot }) => {
        const { objectFit } = getComputedStyle(shadowRoot.querySelector("[part=canvas]"));
        return [objectFit, getComputedStyle(shadowRoot.querySelector("[part=badge]")).display];
      })(Object.assign(document.querySelector("porthole-player"), { fit: "cover" }))`);
    assert.deepEqual(box, ["cover", "flex"]);
  });

  await t.step("moved it plays on by the same connection; taken out it lets go", async () => {
    const same = await page.page.evaluate<boolean>(`(async () => {
      const player = document.querySelector("porthole-player");
      const canvas = player.shadowRoot.querySelector("canvas");
      document.querySelector("#there").append(player);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return player.shadowRoot.querySelector("canvas") === canvas;
    })()`);
    assert.equal(same, true);
    await becomes(page, "live");
    await page.page.evaluate(`
      globalThis.taken = document.querySelector("porthole-player"); taken.remove()`);
    await clientsAre(embedding, 0);
    assert.equal(await page.page.evaluate("taken.state"), "idle");
    await page.page.evaluate("document.body.prepend(taken)");
    await becomes(page, "live");
  });

  await t.step("several play side by side, each for itself", async () => {
    await page.page.evaluate(`
      for (const id of ["one", "two"]) {
        const player = document.createElement("porthole-player");
        Object.assign(player, { id, token: taken.token, src: "${webSocketOrigin}/ws/door" });
        taken.before(player);
      }`);
    await becomes(page, "live", "#one");
    await becomes(page, "live", "#two");
    await clientsAre(embedding, 3);
    await page.page.evaluate("document.querySelector('#one').src = 'nothing'");
    await becomes(page, "idle", "#one");
    await clientsAre(embedding, 2);
    assert.equal(await page.page.evaluate("document.querySelector('#one').error.code"), "invalid");
  });

  await t.step("a token that expires ends it, and another one goes on", async () => {
    await page.page.evaluate(`
      document.querySelector("#two").remove();
      notes.length = 0;
      taken.token = "${tokenFor(["door"], 6)}";
      taken.src = "${webSocketOrigin}/ws/door?again";`);
    await becomes(page, "live", "#there ~ porthole-player, porthole-player:not([id])");
    await becomes(page, "refused", "porthole-player:not([id])");
    assert.match(await page.page.evaluate<string>("taken.error.message"), /expired/);
    await page.page.evaluate(`taken.token = "${tokenFor(["door"])}"`);
    await becomes(page, "live", "porthole-player:not([id])");
  });
});

Deno.test("watch() gives frames and pictures without anything to see, and ends by its signal", async () => {
  await using embedding = await embed({ env: { AUTH_SECRET } });
  const { page, ingest, webSocketOrigin } = embedding;
  const outcome = await page.page.evaluate<Record<string, unknown>>(`(async () => {
    const { watch } = await import("${ingest.url}watch.js");
    const stop = globalThis.stop = new AbortController();
    const seen = { states: [], frames: 0, keys: 0, pictures: 0 };
    await new Promise((resolve) => watch("${webSocketOrigin}/ws/door", {
      token: "${tokenFor(["door"])}",
      signal: stop.signal,
      onState: (state) => seen.states.push(state),
      onFrame: ({ key, codec, rendition }) => {
        seen.frames++;
        if (key) Object.assign(seen, { keys: seen.keys + 1, codec, rendition });
      },
      async onPicture({ image, widthPx, heightPx, ageMs }) {
        Object.assign(seen, { widthPx, heightPx, ageMs });
        globalThis.lastImage = image;
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (++seen.pictures === 10) resolve();
      },
    }));
    return seen;
  })()`);
  assert.deepEqual([outcome["widthPx"], outcome["heightPx"]], [640, 360]);
  assert.match(String(outcome["codec"]), /^avc1\./);
  assert.ok(Number(outcome["frames"]) > 20, "pictures that are worked on hold no frame up");
  assert.ok(Number(outcome["ageMs"]) < 10_000, `${outcome["ageMs"]} ms`);
  assert.ok((outcome["states"] as string[]).includes("live"));
  assert.equal(await clients(embedding), 1);
  await page.page.evaluate("stop.abort()");
  await clientsAre(embedding, 0);
  await eventually("the last picture was closed", LIVE_WITHIN_MS, async () => {
    return await page.page.evaluate("lastImage.format === null") === true || "it is open";
  });
});

Deno.test("a page whose origin is not allowed is told what to do, not that the server is down", async () => {
  await using stack = new AsyncDisposableStack();
  const ingest = stack.use(await startIngest());
  const scripts = await Promise.all(["embed.js", "decode_worker.js"].map(async (name) => {
    const body = await (await fetch(`${ingest.url}${name}`)).text();
    return [`/${name}`, { body, type: "text/javascript" }] as const;
  }));
  const src = `${ingest.url.replace("http", "ws")}ws/door`;
  const body = pageWith("/embed.js", `<porthole-player src="${src}"></porthole-player>`);
  const site = stack.use(ForeignSite.start(() => ({
    "/": { body, type: "text/html" },
    ...Object.fromEntries(scripts),
  })));
  const browser = stack.use(await TestBrowser.launch());
  const page = stack.use(await browser.open(site.origin));
  await eventually("it says so", 20_000, async () => {
    const error = await page.page.evaluate<{ code: string; message: string } | null>(
      "document.querySelector('porthole-player').error",
    );
    const { code, message = "" } = error ?? {};
    const says = message.includes(site.origin) && message.includes("ALLOWED_ORIGINS");
    return code === "unreachable" && says || JSON.stringify(error);
  });
  const script = await page.page.evaluate<string>(`
    import("${ingest.url}embed.js").then(() => "loaded", () => "refused")`);
  assert.equal(script, "refused");
});

Deno.test("the viewer's page shows in a frame of those who may, and of nobody else", async () => {
  await using stack = new AsyncDisposableStack();
  const camera = stack.use(await SimulatedCamera.start(SIZE));
  let frameUrl = "";
  const site = stack.use(ForeignSite.start(() => ({
    "/": {
      type: "text/html",
      body: `<iframe src="${frameUrl}" width="800" height="500"></iframe>`,
    },
  })));
  const allowing = stack.use(
    await startIngest({ env: { FRAME_ANCESTORS: `self ${site.origin}` } }),
  );
  const strict = stack.use(await startIngest());
  stack.use(await startProducer({ cameraUrl: camera.url, ingestUrl: allowing.url }));
  const browser = stack.use(await TestBrowser.launch());
  frameUrl = `${allowing.url}?stream=default`;
  const page = stack.use(await browser.open(site.origin));
  await page.page.frameLocator("iframe").locator("figure.player[data-state=live]")
    .waitFor({ timeout: LIVE_WITHIN_MS });
  frameUrl = strict.url;
  await page.page.reload();
  await eventually("the browser shows its own refusal", LIVE_WITHIN_MS, () => {
    const urls = page.page.frames().map((frame) => frame.url());
    return urls.some((url) => url.startsWith("chrome-error:")) || urls.join();
  });
});

Deno.test("the example page shows a player, pictures and what they tell", async () => {
  await using stack = new AsyncDisposableStack();
  const camera = stack.use(await SimulatedCamera.start(SIZE));
  const ingest = stack.use(await startIngest());
  stack.use(
    await startProducer({
      cameraUrl: camera.url,
      ingestUrl: ingest.url,
      env: { STREAM_ID: "door" },
    }),
  );
  const browser = stack.use(await TestBrowser.launch());
  const page = stack.use(await browser.open(`${ingest.url}embed.html?stream=door`));
  await page.page.evaluate(HELPERS);
  await becomes(page, "live");
  await eventually("watch() draws", LIVE_WITHIN_MS, async () => {
    const width = await page.page.evaluate<number>("document.querySelector('#drawn').width");
    const events = await page.page.locator("#events").innerText();
    return width === 640 && /watch\(\): live/.test(events) || `${width}, ${events}`;
  });
  await page.page.locator("#capture").click();
  await page.page.locator("#captured:not([hidden])").waitFor();
  assert.match(await page.page.locator("#snippet").innerText(), /<porthole-player src="ws:/);
});

/** Which renditions the player showed, each time it was another one. */
const RENDITIONS_SHOWN = `
  globalThis.shown = [];
  document.querySelector("porthole-player").addEventListener("stats", ({ detail }) => {
    if (detail.rendition !== null && detail.rendition !== shown.at(-1)) shown.push(detail.rendition);
  });`;

Deno.test("a small player is sent a small picture, and another one as its size changes", async (t) => {
  await using stack = new AsyncDisposableStack();
  const [main, low] = await Promise.all([
    makeNumberedClip({ ...CLIP, widthPx: 1280, heightPx: 720, colour: "lime" }),
    makeNumberedClip({ ...CLIP, ...SIZE, colour: "blue" }),
  ]);
  let body = "";
  const site = stack.use(ForeignSite.start(() => ({ "/": { type: "text/html", body } })));
  const ingest = stack.use(await startIngest({ env: { ALLOWED_ORIGINS: site.origin } }));
  const src = `${ingest.url.replace("http", "ws")}ws/door`;
  body = pageWith(
    `${ingest.url}embed.js`,
    `<div id="box" style="width: 300px"><porthole-player controls src="${src}"></porthole-player></div>`,
  );
  const clips = [{ name: "main", clip: main, delayMs: 0 }, { name: "low", clip: low, delayMs: 0 }];
  stack.use(new ClipPublisher(ingest.url, clips, "door"));
  await eventually("both are published", LIVE_WITHIN_MS, async () => {
    const answer = await (await fetch(`${ingest.url}api/streams/door`)).text();
    return /"main"/.test(answer) && /"low"/.test(answer) || answer;
  });
  const browser = stack.use(await TestBrowser.launch());
  const page = stack.use(await browser.open(site.origin));
  await page.page.evaluate(HELPERS + RENDITIONS_SHOWN);
  const shows = (rendition: string) =>
    eventually(`it shows ${rendition}`, LIVE_WITHIN_MS, async () => {
      const now = await page.page.evaluate<string>(
        "document.querySelector('porthole-player').rendition",
      );
      return now === rendition || now;
    });
  const resize = (widthPx: number) =>
    page.page.evaluate(`document.querySelector("#box").style.width = "${widthPx}px"`);

  await t.step("from its first picture on", async () => {
    await becomes(page, "live");
    await shows("low");
    assert.deepEqual(await page.page.evaluate("shown"), ["low"]);
    const { viewers } = await (await fetch(`${ingest.url}api/streams/door/viewers`)).json();
    assert.match(viewers[0]?.reason, /viewer's own limits/);
  });

  await t.step("larger, and small again", async () => {
    await resize(900);
    await shows("main");
    await resize(300);
    await shows("low");
  });

  await t.step("on the whole screen", async () => {
    await page.page.locator("porthole-player button[aria-label='Full screen']").click();
    await shows("main");
    await page.page.evaluate("document.exitFullscreen()");
    await shows("low");
  });

  await t.step("pinned it is what was asked for", async () => {
    await page.page.evaluate("document.querySelector('porthole-player').quality = 'main'");
    await shows("main");
  });
});

Deno.test("an <img> of another site shows MJPEG at once, then why there is none, and snapshots", async () => {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(
    ForeignSite.start(() => ({ "/": { type: "text/html", body: "<p>site" } })),
  );
  const ingest = stack.use(await startIngest({ env: { ALLOWED_ORIGINS: site.origin } }));
  const browser = stack.use(await TestBrowser.launch());
  const page = stack.use(await browser.open(site.origin));
  const data = await Deno.readFile(TINY_JPEG);
  const frame = { timestamp: Date.now(), width: 16, height: 16, data };
  const posted = await fetch(`${ingest.url}ingest/door`, { method: "POST", body: encode(frame) });
  assert.equal(posted.status, 200, await posted.text());
  const base = `${ingest.url}api/streams/door`;
  await page.page.evaluate(`
    for (const path of ["mjpeg", "snapshot.jpg"]) {
      const image = new Image();
      image.id = path.slice(0, 5);
      image.src = "${base}/" + path;
      document.body.append(image);
    }`);
  const shows = (id: string, width: number, withinMs: number) =>
    eventually(`${id} is ${width} wide`, withinMs, async () => {
      const now = await page.page.evaluate(`document.querySelector("#${id}").naturalWidth`);
      return now === width || String(now);
    });
  await shows("mjpeg", 16, LIVE_WITHIN_MS);
  await shows("snaps", 16, LIVE_WITHIN_MS);
  await shows("mjpeg", 640, LIVE_WITHIN_MS);
  await page.page.evaluate(`document.querySelector("#snaps").src = "${base}/snapshot.jpg?2"`);
  await shows("snaps", 640, LIVE_WITHIN_MS);
  const read = await page.page.evaluate<unknown[]>(`
    fetch("${base}/snapshot.jpg").then(({ status, headers }) =>
      [status, headers.get("porthole-state"), headers.get("etag")?.length])`);
  assert.deepEqual(read, [200, "stale", 24]);
});

Deno.test("over TLS a page of another site logs its visitor in, and needs no token then", async () => {
  await using stack = new AsyncDisposableStack();
  const certificates = stack.use(await TestCertificates.start());
  const { certPath: TLS_CERT, keyPath: TLS_KEY } = await certificates.issue("server");
  let cams = "";
  const site = stack.use(ForeignSite.start(() => ({
    "/": { type: "text/html", body: pageWith(`${cams}embed.js`) },
  })));
  const env = { TLS_CERT, TLS_KEY, AUTH_SECRET, ALLOWED_ORIGINS: site.origin };
  const ingest = stack.use(await startIngest({ env }));
  cams = ingest.url;
  using client = Deno.createHttpClient({ caCerts: [certificates.caCert] });
  const publisher = hs256({ exp: secondsFromNow(600), publish: ["door"] }, { secret: AUTH_SECRET });
  const data = await Deno.readFile(TINY_JPEG);
  const post = async () => {
    const body = encode({ timestamp: Date.now(), width: 16, height: 16, data });
    const headers = { authorization: `Bearer ${publisher}` };
    const answer = await fetch(`${cams}ingest/door`, { method: "POST", body, headers, client });
    assert.equal(answer.status, 200, await answer.text());
  };
  const browser = stack.use(await TestBrowser.launch({ trustsEveryone: true }));
  const page = stack.use(await browser.open(site.origin));
  await page.page.evaluate(HELPERS);
  const logIn = (token: string) =>
    page.page.evaluate<number>(`
      fetch("${cams}api/session", {
        method: "POST",
        credentials: "include",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: "${token}" }),
      }).then(({ status }) => status)`);
  assert.equal(await logIn("x.y.z"), 401);
  assert.equal(await logIn(tokenFor(["door"])), 200);
  await page.page.evaluate(`
    const player = note(document.createElement("porthole-player"));
    player.src = "${cams}ws/door";
    document.body.prepend(player);
    const image = new Image();
    image.src = "${cams}api/streams/door/snapshot.jpg";
    document.body.append(image);`);
  await eventually("it plays", LIVE_WITHIN_MS, async () => {
    await post();
    return await page.page.evaluate<true | string>(`
      document.querySelector("porthole-player").rendition === "jpeg" || JSON.stringify(notes)`);
  });
  await eventually("the snapshot shows", LIVE_WITHIN_MS, async () => {
    return await page.page.evaluate<boolean>("document.querySelector('img').naturalWidth > 0") ||
      "it does not";
  });
});
