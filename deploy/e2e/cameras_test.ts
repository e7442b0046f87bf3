import { epochNowMs } from "@porthole/protocol";
import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, TestBrowser } from "../testing/browser.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import { ffmpegsOf, isRunning } from "../testing/process_table.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";
import type { ServiceProcess } from "../testing/process.ts";
import { describeStream } from "../testing/stream_description.ts";

const PICTURE = { widthPx: 320, heightPx: 180, fps: 15, gopFrames: 15, bitrateKbps: 200 };
const WITHIN_MS = 20_000;
const CONTROL_TOKEN = "a-token-for-control";
/** Ingest wants what nobody watches for 10 s more, the producer keeps it for 20 s after that. */
const ASLEEP_WITHIN_MS = 45_000;

/** One real camera, at as many paths as are asked for, and all services besides. */
class Stage implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();

  private constructor(
    readonly camera: SimulatedCamera,
    readonly ingest: Ingest,
    readonly folder: string,
  ) {}

  static async set(): Promise<Stage> {
    const camera = await SimulatedCamera.start(PICTURE);
    const stage = new Stage(camera, await startIngest(), await Deno.makeTempDir());
    stage.#stack.defer(() => Deno.remove(stage.folder, { recursive: true }));
    stage.#stack.use(camera);
    stage.#stack.use(stage.ingest);
    return stage;
  }

  get file(): string {
    return `${this.folder}/porthole.yaml`;
  }

  urlOf(name: string): string {
    return `${this.camera.url}/${name}`;
  }

  write(text: string): Promise<void> {
    return Deno.writeTextFile(this.file, text);
  }

  async startProducer(env: Record<string, string> = {}): Promise<ServiceProcess> {
    const settings = { CONFIG: this.file, ...env };
    return this.#stack.use(await startProducer({ ingestUrl: this.ingest.url, env: settings }));
  }

  watch(stream: string): LiveViewer {
    return this.#stack.use(LiveViewer.watch(this.ingest.url, { stream }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function untilLive(viewer: LiveViewer): Promise<void> {
  const fromMs = epochNowMs();
  await eventually("live pictures", WITHIN_MS, () => viewer.hasFrameAfter(fromMs));
}

async function exposition(ingestUrl: string): Promise<string> {
  const response = await fetch(new URL("metrics", ingestUrl), {
    headers: { accept: "text/plain" },
  });
  return await response.text();
}

async function untilState(stage: Stage, stream: string, state: string): Promise<void> {
  await eventually(`${stream} is ${state}`, WITHIN_MS, async () => {
    const found = await describeStream(stage.ingest.url, stream);
    return found.state === state || JSON.stringify(found);
  });
}

Deno.test("cameras of a file", async (t) => {
  await using stage = await Stage.set();
  await stage.write(`cameras:\n  yard: {url: ${stage.urlOf("yard")}, on_demand: true}\n`);
  const producer = await stage.startProducer();
  await t.step(
    "one on demand opens for who watches, wants a snapshot, or low",
    () => opensOnDemand(stage, producer),
  );
  // It takes half a minute to fall asleep.
  await t.step(
    "an edit of one of three, by editors of all kinds, costs the others no frame",
    editCostsNoFrame,
  );
  await t.step("they come and go by requests, which are kept in the file", requestsAreKept);
  await t.step("the page calls a camera by its name, whatever is in it, and wakes it", pageNames);
  await t.step("killed with -9 a producer of many leaves no FFmpeg behind", nothingIsLeft);
  await t.step(
    "the one on demand has closed, and opens again",
    () => sleepsAndWakes(stage, producer),
  );
});

async function opensOnDemand(stage: Stage, producer: ServiceProcess): Promise<void> {
  const { url } = stage.ingest;
  await eventually("the stream is there, asleep", WITHIN_MS, async () => {
    const { state, cause } = await describeStream(url, "yard");
    return state === "stale" && /sleeps/.test(cause) || `${state} ${cause}`;
  });
  assert.deepEqual(await ffmpegsOf(producer.pid), []);
  assert.doesNotMatch(await exposition(url), /^porthole_stream_live\{/m, "nothing is amiss");

  const snapshot = await fetch(`${url}api/streams/yard/snapshot.jpg?fallback=none`);
  const bytes = (await snapshot.bytes()).byteLength;
  assert.equal(snapshot.status, 200);
  assert.ok(bytes > 1000);

  await using first = LiveViewer.watch(url, { stream: "yard" });
  await untilLive(first);
  assert.ok(first.told.every(({ state }) => state !== "offline"));
  await eventually("it is told to be live", WITHIN_MS, async () => {
    return /^porthole_stream_live\{stream="yard"\} 1$/m.test(await exposition(url)) || "not yet";
  });
  await using low = LiveViewer.watch(url, { stream: "yard", rendition: "low" });
  await eventually("low", WITHIN_MS, () => low.newest?.rendition === "low" || "not yet");
}

async function sleepsAndWakes(stage: Stage, producer: ServiceProcess): Promise<void> {
  await eventually("it sleeps again", ASLEEP_WITHIN_MS, async () => {
    const left = await ffmpegsOf(producer.pid);
    return left.length === 0 || `${left.length} FFmpegs`;
  });

  await using second = LiveViewer.watch(stage.ingest.url, { stream: "yard" });
  await untilLive(second);
  const states = second.told.map(({ state, standby = false }) => `${state} ${standby}`);
  assert.equal(states[0], "stale true");
  assert.equal(states.at(-1), "live false");
  assert.equal(second.missing, 0);
}

async function editCostsNoFrame(): Promise<void> {
  await using stage = await Stage.set();
  const text = (garden: string) =>
    `# all of ours
cameras:
  door: ${stage.urlOf("door")}
  garden: { url: ${stage.urlOf(garden)}, name: Behind the shed }
  hall:
    url_env: HALL_URL
`;
  await stage.write(text("garden"));
  const producer = await stage.startProducer({ HALL_URL: stage.urlOf("hall") });
  const [door, garden, hall] = [stage.watch("door"), stage.watch("garden"), stage.watch("hall")];
  for (const viewer of [door, garden, hall]) await untilLive(viewer);
  assert.equal(garden.told.at(-1)?.info.name, "Behind the shed");
  const before = await ffmpegsOf(producer.pid);
  assert.equal(before.length, 3);

  await Deno.writeTextFile(`${stage.folder}/new`, text("garden2"));
  await Deno.rename(`${stage.folder}/new`, stage.file);
  await producer.waitFor(/cameras changed .*changed=garden\b/, WITHIN_MS);
  await untilLive(garden);
  await eventually("two go on and one is new", WITHIN_MS, async () => {
    const now = await ffmpegsOf(producer.pid);
    return now.length === 3 && now.filter((pid) => before.includes(pid)).length === 2 || `${now}`;
  });

  // As a ConfigMap does it: a link is turned.
  await Deno.writeTextFile(`${stage.folder}/linked`, text("garden3"));
  await Deno.symlink(`${stage.folder}/linked`, `${stage.folder}/link`);
  await Deno.rename(`${stage.folder}/link`, stage.file);
  await producer.waitFor(/(changed=garden\b[^]*){2}/, WITHIN_MS);
  await untilLive(garden);

  await stage.write("cameras:\n  door: http://u:hunter22@x/1\n  hall: {fps: many}\n");
  await producer.waitFor(
    /stay as they are.*porthole\.yaml:2:3: .*porthole\.yaml:3:10: /,
    WITHIN_MS,
  );
  producer.signal("SIGHUP");
  await untilLive(garden);
  assert.doesNotMatch(producer.output, /hunter22/);

  await stage.write(text("garden3").replace(/ {2}garden.*\n/, ""));
  await producer.waitFor(/cameras changed .*removed=garden\b/, WITHIN_MS);
  await untilState(stage, "garden", "stale");
  for (const viewer of [door, hall]) {
    await untilLive(viewer);
    assert.deepEqual([viewer.missing, viewer.discarded], [0, 0]);
  }
}

async function requestsAreKept(): Promise<void> {
  await using stage = await Stage.set();
  await stage.write(`# ours\ncameras:\n  door: ${stage.urlOf("door")} # front\n`);
  const producer = await stage.startProducer({ CONTROL_PORT: "0", CONTROL_TOKEN });
  const [, url = ""] = await producer.waitFor(/may be changed url=(\S+)/, WITHIN_MS);
  const ask = async (method: string, id: string, body?: unknown, token = CONTROL_TOKEN) => {
    const headers = { authorization: `Bearer ${token}` };
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${url}${id}`, { method, headers, ...json });
    return { status: response.status, text: await response.text() };
  };
  const door = stage.watch("door");
  await untilLive(door);
  assert.equal((await ask("GET", "", undefined, "another-token-of-control")).status, 401);
  const secretUrl = stage.urlOf("garden").replace("://", "://me:hunter22@");
  const added = await ask("PUT", "/garden", { url: secretUrl, name: "Garden" });
  assert.equal(added.status, 201, added.text);
  const garden = stage.watch("garden");
  await untilLive(garden);
  const all = await ask("GET", "");
  assert.doesNotMatch(added.text + all.text + producer.output, /hunter22/);
  assert.match(all.text, /"id":"garden","name":"Garden","address":"127\.0\.0\.1:\d+"/);

  const renamed = await ask("PUT", "/garden", { name: "Shed" });
  assert.equal(renamed.status, 200, renamed.text);
  await untilLive(garden);
  assert.equal(garden.told.at(-1)?.info.name, "Shed");
  const wrong = await ask("PUT", "/hall", { url: "http://x:hunter23@h", fps: 0 });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /fps: given 0/);
  for (const body of [{ url_file: "/etc/passwd" }, { url_env: "CONTROL_TOKEN" }, 5, { url: 5 }]) {
    assert.equal((await ask("PUT", "/hall", body)).status, 400);
  }
  assert.equal((await ask("PUT", "/Hall!", { url: secretUrl })).status, 400);
  const text = await Deno.readTextFile(stage.file);
  assert.match(text, /^# ours\ncameras:\n {2}door: .* # front\n {2}garden:\n[^]*name: Shed/);
  assert.match(text, /hunter22/, "it keeps the address that it has");

  assert.equal((await ask("DELETE", "/garden")).status, 204);
  assert.equal((await ask("DELETE", "/garden")).status, 404);
  await untilState(stage, "garden", "stale");
  await untilLive(door);
  assert.deepEqual([door.missing, door.discarded], [0, 0]);
  assert.doesNotMatch(await Deno.readTextFile(stage.file), /garden/);
}

async function pageNames(): Promise<void> {
  await using stage = await Stage.set();
  const name = "Garden <img src=x onerror=alert(1)>";
  await stage.write(`cameras:
  yard: {url: ${stage.urlOf("yard")}, on_demand: true, name: ${JSON.stringify(name)}}
`);
  await stage.startProducer();
  await untilState(stage, "yard", "stale");
  await using browser = await TestBrowser.launch();
  await using page = await browser.open(`${stage.ingest.url}?stream=yard`);
  await page.waitForState("live", WITHIN_MS, "yard");
  assert.equal(await page.page.locator(".player .name").textContent(), name);
  assert.equal(await page.page.locator(".player").getAttribute("aria-label"), `Camera ${name}`);
}

async function nothingIsLeft(): Promise<void> {
  await using stage = await Stage.set();
  const ids = ["a", "b", "c", "d"];
  await stage.write(`cameras:\n${ids.map((id) => `  ${id}: ${stage.urlOf(id)}\n`).join("")}`);
  const producer = await stage.startProducer();
  for (const id of ids) await untilState(stage, id, "live");
  const ffmpegs = await ffmpegsOf(producer.pid);
  assert.equal(ffmpegs.length, ids.length);
  producer.signal("SIGKILL");
  await producer.exited;
  await eventually("no FFmpeg is left", WITHIN_MS, async () => {
    const left = await Promise.all(ffmpegs.map(isRunning));
    return !left.includes(true) || `${left}`;
  });
}
