import { renditionOf } from "@porthole/protocol";
import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually } from "../testing/browser.ts";
import { GStreamerCamera } from "../testing/gstreamer_camera.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import { ffmpegsOf } from "../testing/process_table.ts";
import { startIngest, startProducer } from "../testing/services.ts";

const SIZE = { widthPx: 640, heightPx: 360 };
/** Ingest's, and what it takes to notice. */
const LINGER_MS = 10_000 + 5_000;
const COMES_WITHIN_MS = 20_000;

/** Resolves when live frames of that rendition come, of pictures taken after now. */
async function gets(
  viewer: LiveViewer,
  rendition: string,
  codec: RegExp,
  widthPx: number = SIZE.widthPx,
): Promise<void> {
  const nowMs = Date.now();
  await eventually(`live ${rendition}`, COMES_WITHIN_MS, () => {
    const { newest } = viewer;
    if (newest === undefined) return "no frame has come";
    if (renditionOf(newest) !== rendition) return `${renditionOf(newest)} comes`;
    if (newest.width !== widthPx) return `it is ${newest.width} px wide`;
    return viewer.hasFrameAfter(nowMs);
  });
  assert.match(viewer.newest?.codec ?? "", codec);
}

Deno.test("who plays H.265 gets the camera's own and nothing is transcoded; who does not, H.264", async () => {
  await using camera = await SimulatedCamera.start({ ...SIZE, codec: "h265" });
  await using ingest = await startIngest();
  // Before the producer: while nothing is known of the camera, H.264 is what viewers wait for.
  await using modern = LiveViewer.watch(ingest.url, { codecs: ["hvc1", "avc1", "jpeg"] });
  await using producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await gets(modern, "source", /^hvc1\.1\./);
  assert.equal((await ffmpegsOf(producer.pid)).length, 1, "the camera's FFmpeg is the only one");
  assert.doesNotMatch(producer.output, /is wanted/);

  {
    await using plain = LiveViewer.watch(ingest.url, { codecs: ["avc1", "jpeg"] });
    await gets(plain, "main", /^avc1\.42/);
    assert.equal((await ffmpegsOf(producer.pid)).length, 2);
    assert.deepEqual([plain.newest?.width, plain.newest?.height], [640, 360]);
    await gets(modern, "source", /^hvc1\./);
  }
  await producer.waitFor(/producer\.main: the rendition is no longer wanted/, LINGER_MS);
  await eventually("nothing is transcoded any more", COMES_WITHIN_MS, async () => {
    const running = await ffmpegsOf(producer.pid);
    return running.length === 1 || `${running} run`;
  });

  assert.equal(modern.missing, 0);

  // Of `main` a frame may be missing between the GOP that is cached and what is made anew: it was
  // made, and not sent, when nobody wanted it any more.
  modern.sayHello(["avc1", "jpeg"]);
  await gets(modern, "main", /^avc1\./);
  modern.sayHello(["hvc1", "avc1", "jpeg"]);
  await gets(modern, "source", /^hvc1\./);
});

Deno.test("H.265 of another RTSP server is passed through as well", async () => {
  await using camera = await GStreamerCamera.start({ ...SIZE, codec: "h265" });
  await using ingest = await startIngest();
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await using viewer = LiveViewer.watch(ingest.url, { codecs: ["hvc1"] });
  await gets(viewer, "source", /^hvc1\.1\./);
});

Deno.test("a camera that turns to H.264 and back takes its viewers along", async () => {
  await using ingest = await startIngest();
  await using first = await SimulatedCamera.start({ ...SIZE, codec: "h265" });
  const { port } = first;
  await using _producer = await startProducer({ cameraUrl: first.url, ingestUrl: ingest.url });
  await using modern = LiveViewer.watch(ingest.url, { codecs: ["hvc1", "avc1"] });
  await using plain = LiveViewer.watch(ingest.url, { codecs: ["avc1"] });
  await gets(modern, "source", /^hvc1\./);
  await gets(plain, "main", /^avc1\.42/);
  await first[Symbol.asyncDispose]();

  await using second = await SimulatedCamera.start({ port, widthPx: 480, heightPx: 272 });
  for (const viewer of [modern, plain]) await gets(viewer, "main", /^avc1\./, 480);
  await second[Symbol.asyncDispose]();

  await using _third = await SimulatedCamera.start({ ...SIZE, port, codec: "h265" });
  await gets(modern, "source", /^hvc1\./);
  await gets(plain, "main", /^avc1\.42/);
});
