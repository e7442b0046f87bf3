import assert from "node:assert/strict";
import { CameraProcess, type CameraProcessOptions } from "../testing/camera_process.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { ffmpegsOn } from "../testing/ffmpeg_count.ts";
import { childrenOf, ffmpegsOf, openDescriptors } from "../testing/process_table.ts";
import { recovers, showsNow } from "../testing/recovery.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";
import { describeStream } from "../testing/stream_description.ts";

const PICTURE_TARGET_MS = 5_000;
/** A transcoder takes its time to start beside everything else that runs here. */
const STARTS_WITHIN_MS = 40_000;
/** Of watchdogs, FFmpeg's own timeout and what notices them. */
const NOTICED_WITHIN_MS = 20_000;

interface Fault {
  /** Also the stream's id. */
  readonly name: string;
  readonly camera?: CameraProcessOptions;
  /** Of the producer. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the page and the API say while it lasts. */
  readonly cause: RegExp;
  /** It lasts so much longer than until it was said. */
  readonly lastsMs: number;
  strike(camera: CameraProcess): Promise<CameraProcess | undefined>;
  /** Resolves when there is a picture to be had from the camera again. */
  heal(port: number, camera: CameraProcess | undefined): Promise<CameraProcess>;
  /** Of the picture that comes back, px. */
  readonly widthPx?: number;
  readonly codec?: RegExp;
  /** Of the producer, once it is back; 1 by default. */
  readonly ffmpegs?: number;
}

/** Its three pipes, and what its end is awaited by. */
const DESCRIPTORS_AN_FFMPEG = 4;

const REFUSED = /nothing listens at the camera's address/i;
const SILENT = /no pictures|no frames|does not answer|stall/i;
const WRONG_PASSWORD = /refused the (user name or )?password/i;

async function isKilled(camera: CameraProcess): Promise<undefined> {
  await camera.kill();
}

function startOn(port: number, options: CameraProcessOptions = {}): Promise<CameraProcess> {
  return CameraProcess.start({ ...options, port });
}

const FAULTS: readonly Fault[] = [
  {
    name: "killed",
    // By then the circuit is open, and the next try half a minute away at least: what brings the
    // picture back is that the camera is seen to answer again.
    env: { RTSP_RETRY_DELAY: "60" },
    cause: REFUSED,
    lastsMs: 6_000,
    strike: isKilled,
    heal: (port) => startOn(port),
  },
  {
    name: "frozen",
    cause: SILENT,
    lastsMs: 6_000,
    strike(camera) {
      camera.freeze();
      return Promise.resolve(camera);
    },
    heal(_port, camera) {
      assert.ok(camera !== undefined);
      camera.thaw();
      return Promise.resolve(camera);
    },
  },
  {
    name: "rebooted",
    cause: REFUSED,
    lastsMs: 5_000,
    async strike(camera) {
      await camera.process.stop();
      return undefined;
    },
    heal: (port) => startOn(port, { widthPx: 480, heightPx: 270 }),
    widthPx: 480,
  },
  {
    name: "h265",
    cause: REFUSED,
    lastsMs: 0,
    strike: isKilled,
    heal: (port) => startOn(port, { codec: "h265", widthPx: 512, heightPx: 288 }),
    widthPx: 512,
    codec: /^avc1\./,
    // The camera's own, and one for the page, which plays no H.265.
    ffmpegs: 2,
  },
  {
    name: "password",
    camera: { auth: "digest", password: "of before" },
    // A wrong password is tried ever more rarely, for cameras lock accounts: from a second on here.
    env: { RTSP_RETRY_DELAY: "1" },
    cause: WRONG_PASSWORD,
    lastsMs: 0,
    async strike(camera) {
      await camera.kill();
      return await startOn(camera.port, { auth: "digest", password: "s3cret: of later" });
    },
    async heal(port, camera) {
      await camera?.kill();
      return await startOn(port, { auth: "digest", password: "of before" });
    },
  },
];

/** One camera with its producer, through one fault and out of it again. */
class Trial implements AsyncDisposable {
  readonly #owned = new AsyncDisposableStack();

  constructor(
    private readonly fault: Fault,
    private readonly ingest: Ingest,
    private readonly page: PlayerPage,
  ) {}

  async run(): Promise<void> {
    const { fault, page, ingest } = this;
    const { name } = fault;
    let camera: CameraProcess | undefined = this.#own(await CameraProcess.start(fault.camera));
    const { port, url: cameraUrl } = camera;
    const env = { ...fault.env, STREAM_ID: name };
    const producer = this.#own(await startProducer({ cameraUrl, ingestUrl: ingest.url, env }));
    await eventually(`${name} is on the wall`, STARTS_WITHIN_MS, () => showsNow(page, name));
    const descriptors = await openDescriptors(producer.pid);

    camera = await fault.strike(camera);
    if (camera !== undefined) this.#own(camera);
    await this.#isSaid();
    await new Promise((resolve) => setTimeout(resolve, fault.lastsMs));
    await this.#isSaid();

    camera = this.#own(await fault.heal(port, camera));
    const sinceMs = performance.now();
    await recovers(
      { what: `camera ${name}, picture`, targetMs: PICTURE_TARGET_MS, sinceMs },
      () => showsNow(page, name),
    );
    await this.#isTheNewPicture();
    const { state, cause } = await describeStream(ingest.url, name);
    assert.deepEqual({ state, cause }, { state: "live", cause: "" });
    await this.#nothingIsLeft(producer.pid, port, descriptors);
    assert.doesNotMatch(producer.output + ingest.process.output, /s3cret|of%20before|of before/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #own<T extends AsyncDisposable>(thing: T): T {
    return this.#owned.use(thing);
  }

  /** The last picture is not passed off as live, and the page and the API say why, both of them. */
  async #isSaid(): Promise<void> {
    const { fault: { name, cause }, page, ingest } = this;
    await eventually(`the page says what is wrong with "${name}"`, NOTICED_WITHIN_MS, async () => {
      const said = `${await page.attribute("data-state", name)}: ${await page.message(name)}`;
      return (/^stale: No picture for \d+ s/i.test(said) && cause.test(said)) || said;
    });
    await eventually(`the API says what is wrong with "${name}"`, NOTICED_WITHIN_MS, async () => {
      const described = await describeStream(ingest.url, name);
      const said = `${described.state}: ${described.cause}`;
      return (/^stale: /.test(said) && cause.test(said)) || said;
    });
  }

  async #isTheNewPicture(): Promise<void> {
    const { name, widthPx = 640, codec = /^avc1\./ } = this.fault;
    await eventually(`"${name}" has its new size`, STARTS_WITHIN_MS, async () => {
      const width = (await this.page.picture(name))?.width;
      return width === widthPx || `it is ${width} px wide`;
    });
    assert.match(await this.page.attribute("data-codec", name) ?? "", codec);
  }

  async #nothingIsLeft(producerPid: number, port: number, descriptors: number): Promise<void> {
    const { name, ffmpegs = 1 } = this.fault;
    await eventually(
      `"${name}" has ${ffmpegs} FFmpeg, and nothing that is dead`,
      15_000,
      async () => {
        const children = await childrenOf(producerPid);
        const isClean = children.length === ffmpegs && children.every(({ state }) => state !== "Z");
        return isClean || JSON.stringify(children);
      },
    );
    assert.equal((await ffmpegsOf(producerPid)).length, ffmpegs);
    await eventually(`"${name}": the camera's own and the producer's alone`, 15_000, async () => {
      const count = await ffmpegsOn(port);
      return count === 2 || `${count} FFmpegs have to do with it`;
    });
    await eventually(`"${name}" leaves no descriptor open`, 15_000, async () => {
      const now = await openDescriptors(producerPid);
      const most = descriptors + (ffmpegs - 1) * DESCRIPTORS_AN_FFMPEG;
      return now <= most || `${now} are open, ${descriptors} were before`;
    });
  }
}

Deno.test("cameras that fail and come back: said in words, then shown, on the same page", async (t) => {
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  await using page = await browser.open(ingest.url, { width: 1600, height: 1000 });
  const loadedAtMs = await page.page.evaluate<number>("performance.timeOrigin");
  const before = await openDescriptors(ingest.process.pid);

  // One beside the other: each has a camera, a producer and a stream of its own.
  const outcomes = await Promise.allSettled(FAULTS.map(async (fault) => {
    await using trial = new Trial(fault, ingest, page);
    await trial.run();
  }));
  for (const [index, outcome] of outcomes.entries()) {
    await t.step(`camera ${FAULTS[index]?.name}`, () => {
      if (outcome.status === "rejected") throw outcome.reason;
    });
  }
  assert.equal(await page.page.evaluate<number>("performance.timeOrigin"), loadedAtMs, "no reload");
  await page[Symbol.asyncDispose]();
  await eventually("ingest has let go of them all", 10_000, async () => {
    const now = await openDescriptors(ingest.process.pid);
    return now <= before || `${now} descriptors are open, ${before} were before`;
  });
});
