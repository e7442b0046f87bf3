/**
 * Glass to glass: from the pixels of the simulated camera to the pixels of a canvas in Chromium.
 *
 * The camera draws the time at which it makes each picture into it; the page reads that off its
 * canvas at each animation frame. One machine, one clock.
 * `deno task bench:latency [--seconds 20] [--size 1280x720] [--fps 30] [--modes h264,jpeg]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { ClockSample } from "../testing/page/shown.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { type PlayerPage, TestBrowser } from "../testing/browser.ts";
import type { ServiceProcess } from "../testing/process.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";
import { usageBetween, usageOf } from "./process_usage.ts";
import { percentile, print, summary } from "./statistics.ts";

interface Mode {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

const MODES: Readonly<Record<string, Mode>> = {
  h264: { name: "H.264 passed through", env: {} },
  jpeg: { name: "JPEG", env: { RTSP_CODEC: "jpeg" } },
};
/** Until start-up has left the processes alone. */
const SETTLE_MS = 3_000;
const JOINS = 9;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    size: { type: "string", default: "1280x720" },
    fps: { type: "string", default: "30" },
    bitrate: { type: "string", default: "3000" },
    modes: { type: "string", default: "h264,jpeg" },
  },
});
const [widthPx = 1280, heightPx = 720] = values.size.split("x").map(Number);
const fps = Number(values.fps);

await using browser = await TestBrowser.launch();
await using camera = await SimulatedCamera.start({
  widthPx,
  heightPx,
  fps,
  gopFrames: fps,
  bitrateKbps: Number(values.bitrate),
});
print(`${values.size} at ${fps} fps, ${values.bitrate} kbps, ${values.seconds} s a mode, loopback`);
for (const id of values.modes.split(",")) {
  const mode = MODES[id];
  if (mode === undefined) throw new Error(`unknown mode ${id}; there are ${Object.keys(MODES)}`);
  await measure(mode);
}

async function measure({ name, env }: Mode): Promise<void> {
  await using ingest = await startIngest();
  await using producer = await startProducer({
    cameraUrl: camera.url,
    ingestUrl: ingest.url,
    env,
  });
  print(`\n${name}`);
  await glassToGlass(ingest, producer);
  await joins(ingest);
}

async function glassToGlass(ingest: Ingest, producer: ServiceProcess) {
  await using page = await browser.open(`${ingest.url}?stream=default`);
  await page.waitForState("live");
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const pids = { producer: producer.pid, ingest: ingest.process.pid };
  const before = await Promise.all(Object.values(pids).map(usageOf));
  const samples = await page.watchClock(Number(values.seconds) * 1000);
  const after = await Promise.all(Object.values(pids).map(usageOf));
  const ages = samples.map(({ ageMs }) => ageMs);
  print(`  glass to glass        ${summary(ages)}`);
  print(`  painted               ${paintedFps(samples).toFixed(2)} fps`);
  await stages(page, percentile(ages, 0.5), producer);
  Object.keys(pids).forEach((service, index) => {
    const [first, last] = [before[index], after[index]];
    if (first && last) print(`  ${service.padEnd(21)} ${usageBetween(first, last)}`);
  });
}

function paintedFps(samples: readonly ClockSample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  return first && last ? 1000 * (samples.length - 1) / (last.atMs - first.atMs) : 0;
}

/** What the services themselves say of their share. */
async function stages(page: PlayerPage, glassP50Ms: number, producer: ServiceProcess) {
  const shown = Number.parseFloat(await page.stat("latency"));
  const delivery = [...producer.output.matchAll(/deliveryP50Ms=([\d.]+) deliveryP99Ms=([\d.]+)/g)]
    .at(-1);
  print(
    `  of it, camera to producer's whole access unit  ${(glassP50Ms - shown).toFixed(0)} ms, ` +
      `from there to paint ${shown} ms (as the player shows it)`,
  );
  if (delivery) {
    print(`  producer to ingest and back  p50 ${delivery[1]} ms, p99 ${delivery[2]} ms`);
  }
}

/** From opening the page to a picture that can be read, its scripts and all; one page at a time. */
async function joins(ingest: Ingest): Promise<void> {
  const afterMs: number[] = [];
  for (let join = 0; join < JOINS; join++) {
    await using page = await browser.open(`${ingest.url}?stream=default`);
    afterMs.push(await page.firstPictureMs());
  }
  print(`  page opened to first picture  ${summary(afterMs)} (${JOINS} times)`);
}
