import assert from "node:assert/strict";
import { MAIN_RENDITION } from "@porthole/protocol";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually } from "../testing/browser.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import { metricsOf } from "../testing/stream_description.ts";

const SIZE = { widthPx: 640, heightPx: 360, fps: 15, gopFrames: 15, bitrateKbps: 1_000 };
const STARTS_WITHIN_MS = 30_000;
const ADDS_UP_WITHIN_MS = 15_000;
/** Too late for the producer to send all; and so long that it connects anew and brings its GOP. */
const FROZEN_MS = [1_500, 5_200];

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("what a producer discards for an ingest that is frozen is missing nowhere but in its numbers", async () => {
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await using viewer = LiveViewer.watch(ingest.url, { rendition: MAIN_RENDITION });
  await eventually("frames come", STARTS_WITHIN_MS, () => viewer.frames > 10 || "none has");
  const begunAt = viewer.frames + viewer.missing - await framesPublished(ingest.url);

  for (const frozenMs of FROZEN_MS) {
    const { skipped: before } = await countsOf(ingest.url);
    ingest.process.signal("SIGSTOP");
    await pause(frozenMs);
    ingest.process.signal("SIGCONT");
    await eventually("the producer has discarded frames", ADDS_UP_WITHIN_MS, async () => {
      return (await countsOf(ingest.url)).skipped > before || "none";
    });
    await eventually("all is accounted for", ADDS_UP_WITHIN_MS, async () => {
      const { skipped, published } = await countsOf(ingest.url);
      const { frames, missing, discarded } = viewer;
      // One or two are on their way.
      const isComplete = Math.abs(frames + missing - published - begunAt) <= 2;
      return isComplete && missing === discarded + skipped ||
        `${published} published, ${frames} came, ${missing} are missing, of which ${skipped} were ` +
          `discarded by the producer and ${discarded} by ingest`;
    });
  }
  assert.match(producer.output, /not publishing to ingest cause="ingest has fallen silent"/);
});

async function framesPublished(ingestUrl: string): Promise<number> {
  return (await countsOf(ingestUrl)).published;
}

/** Frames that the producer's numbers tell of, and of those what ingest never saw. */
async function countsOf(ingestUrl: string): Promise<{ published: number; skipped: number }> {
  const { frames_received: received = NaN, frames_replayed: replayed = NaN, ...others } =
    await metricsOf(ingestUrl);
  const skipped = others["publisher_frames_discarded"] ?? NaN;
  return { published: received - replayed + skipped, skipped };
}
