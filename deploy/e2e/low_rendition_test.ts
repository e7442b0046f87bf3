import {
  decodeMessage,
  type Frame,
  isFrame,
  isKeyframe,
  LOW_RENDITION,
  MAIN_RENDITION,
  MessageEncoder,
  renditionOf,
  VIEWER_SUBPROTOCOL,
  type ViewerMessage,
} from "@porthole/protocol";
import assert from "node:assert/strict";
import { QUADRANT_COLOURS } from "../camera/known_colours.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, TestBrowser } from "../testing/browser.ts";
import { ffmpegsOf } from "../testing/process_table.ts";
import { startIngest, startProducer } from "../testing/services.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
const SIZE = { widthPx: 1280, heightPx: 720 };
/** Ingest's, and what it takes to notice. */
const LINGER_MS = 10_000 + 5_000;
/** Of 255: two conversions between RGB and YUV and the compression cost a few. */
const COLOUR_TOLERANCE = 12;

/** A viewer that decodes H.264 and acknowledges all it gets. */
class LowViewer implements Disposable {
  readonly frames: Frame[] = [];
  readonly #socket: WebSocket;
  readonly #encoder = new MessageEncoder();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#receive(decodeMessage(new Uint8Array(data)));
  }

  static async connect(ingestUrl: string): Promise<LowViewer> {
    const socket = new WebSocket(`${ingestUrl.replace("http", "ws")}ws`, VIEWER_SUBPROTOCOL);
    const viewer = new LowViewer(socket);
    await new Promise((resolve) => socket.onopen = resolve);
    viewer.say({ type: "hello", codecs: ["avc1"] });
    return viewer;
  }

  say(message: ViewerMessage): void {
    this.#socket.send(this.#encoder.encode(message));
  }

  of(rendition: string): Frame[] {
    return this.frames.filter((frame) => renditionOf(frame) === rendition);
  }

  /** Resolves when that many frames more of the rendition have come. */
  async untilMore(rendition: string, count: number): Promise<void> {
    const enough = this.of(rendition).length + count;
    await eventually(`${count} more frames of ${rendition}`, 20_000, () => {
      const { length } = this.of(rendition);
      return length >= enough || `${length} of ${enough}`;
    });
  }

  #receive(message: unknown): void {
    if (!isFrame(message)) return;
    this.frames.push(message);
    const { seq } = message;
    if (seq !== undefined) this.say({ type: "ack", seq, rendition: renditionOf(message) });
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

Deno.test("a viewer that selects low gets it, from a keyframe on, while main goes on", async () => {
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await producer.waitFor(/camera is live/, 20_000);
  using other = await LowViewer.connect(ingest.url);
  using viewer = await LowViewer.connect(ingest.url);
  await other.untilMore(MAIN_RENDITION, 10);
  await viewer.untilMore(MAIN_RENDITION, 10);
  const [cameraFfmpeg, ...none] = await ffmpegsOf(producer.pid);
  assert.ok(cameraFfmpeg !== undefined && none.length === 0, "low is not made unasked");

  viewer.say({ type: "select", rendition: LOW_RENDITION });
  await viewer.untilMore(LOW_RENDITION, 60);
  const low = viewer.of(LOW_RENDITION);
  assert.equal((await ffmpegsOf(producer.pid)).length, 2);
  await other.untilMore(MAIN_RENDITION, 30);
  assert.deepEqual(other.of(LOW_RENDITION), []);
  const [first] = low;
  assert.ok(first !== undefined && isKeyframe(first) && first.config !== undefined);
  const timestamps = new Map(
    other.of(MAIN_RENDITION).map(({ pts, timestamp }) => [pts, timestamp]),
  );
  low.forEach(({ width, height, seq = NaN, pts, timestamp }, index) => {
    assert.deepEqual([width, height], [640, 360]);
    assert.equal(seq, (first.seq ?? NaN) + index, "none is left out");
    assert.equal(timestamp, timestamps.get(pts), "it is as old as the picture it was made from");
  });

  viewer.say({ type: "select", rendition: "auto" });
  await viewer.untilMore(MAIN_RENDITION, 10);
  viewer[Symbol.dispose]();
  await producer.waitFor(/producer\.low: the rendition is no longer wanted/, LINGER_MS);
  await eventually("the camera's FFmpeg is the only one", WITHIN_MS, async () => {
    const running = await ffmpegsOf(producer.pid);
    return running.join() === String(cameraFfmpeg) || `${running} run`;
  });
  await other.untilMore(MAIN_RENDITION, 10);

  other.say({ type: "select", rendition: LOW_RENDITION });
  await other.untilMore(LOW_RENDITION, 1);
  const running = await ffmpegsOf(producer.pid);
  assert.equal(running.length, 2);
  assert.equal((await producer.stop()).code, 0);
  for (const pid of running) {
    assert.throws(
      () => Deno.kill(pid, "SIGCONT"),
      Deno.errors.NotFound,
      "it outlived its producer",
    );
  }
});

Deno.test("low has the camera's colours in a browser", async () => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start({ ...SIZE, pattern: "colours" });
  await using ingest = await startIngest();
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  using viewer = await LowViewer.connect(ingest.url);
  await viewer.untilMore(MAIN_RENDITION, 1);
  viewer.say({ type: "select", rendition: LOW_RENDITION });
  await viewer.untilMore(LOW_RENDITION, 1);
  const [keyframe] = viewer.of(LOW_RENDITION);
  assert.ok(keyframe !== undefined);
  await using page = await browser.open(ingest.url);
  const { codec, config, data } = keyframe;
  const inBase64 = { codec, config: config?.toBase64(), data: data.toBase64() };
  const shown = await page.page.evaluate<number[][]>(
    `(${PAINT_QUADRANTS})(${JSON.stringify(inBase64)})`,
  );
  const { topLeft, topRight, bottomLeft, bottomRight } = QUADRANT_COLOURS;
  [topLeft, topRight, bottomLeft, bottomRight].forEach(({ red, green, blue }, quadrant) => {
    [red, green, blue].forEach((expected, channel) => {
      const found = shown[quadrant]?.[channel] ?? NaN;
      assert.ok(Math.abs(found - expected) <= COLOUR_TOLERANCE, JSON.stringify(shown));
    });
  });
});

/**
 * Runs in the page: decodes a keyframe, its bytes in base64, and tells red, green and blue at the
 * centres of its quadrants. A text, for here there is no DOM to check it by.
 */
const PAINT_QUADRANTS = `async ({ codec, config, data }) => {
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const { promise, resolve, reject } = Promise.withResolvers();
  const decoder = new VideoDecoder({ output: resolve, error: reject });
  decoder.configure({ codec, description: bytesOf(config), optimizeForLatency: true });
  decoder.decode(new EncodedVideoChunk({ type: "key", timestamp: 0, data: bytesOf(data) }));
  await decoder.flush();
  const picture = await promise;
  const { displayWidth: width, displayHeight: height } = picture;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(picture, 0, 0);
  picture.close();
  const centres = [1, 3].flatMap((row) => [1, 3].map((column) => [column, row]));
  return centres.map(([column, row]) =>
    [...context.getImageData(width * column / 4, height * row / 4, 1, 1).data.subarray(0, 3)]
  );
}`;
