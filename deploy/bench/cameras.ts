/**
 * One producer for many cameras, passed through: what it takes besides its FFmpegs, and how soon an
 * edit of the file is followed. The cameras are one simulated camera of a small stream at as many
 * paths. `deno task bench:cameras [--cameras 50] [--seconds 20] [--fps 15] [--kbps 300]`
 *
 * Ends with 1 when a bound is missed.
 *
 * @module
 */
import { sleep } from "@porthole/protocol/service";
import { parseArgs } from "node:util";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually } from "../testing/browser.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import { ffmpegsOf } from "../testing/process_table.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";
import { describeStream, metricsOf } from "../testing/stream_description.ts";
import { cpuMsPerSecond, type ProcessUsage, usageBetween, usageOf } from "./process_usage.ts";
import { print } from "./statistics.ts";

const MAX_RESIDENT_BYTES = 150e6;
const MAX_CPU_SHARE = 0.4;
const MAX_EDIT_MS = 1_000;
const MAX_FIRST_PICTURE_MS = 2_500;
const LIVE_WITHIN_MS = 60_000;
/** What starting cost is over. */
const SETTLE_MS = 5_000;
const WAKE_UPS = 3;

const { values } = parseArgs({
  options: {
    cameras: { type: "string", default: "50" },
    seconds: { type: "string", default: "20" },
    fps: { type: "string", default: "15" },
    kbps: { type: "string", default: "300" },
  },
});
const count = Number(values.cameras);
const fps = Number(values.fps);
const bitrateKbps = Number(values.kbps);
const never = new AbortController().signal;
const missed: string[] = [];

await using camera = await SimulatedCamera.start({
  ...{ widthPx: 320, heightPx: 180, fps, gopFrames: fps, bitrateKbps },
});
await using ingest = await startIngest();
const folder = await Deno.makeTempDir();
const file = `${folder}/porthole.yaml`;
try {
  await bench();
} finally {
  await Deno.remove(folder, { recursive: true });
}
if (missed.length > 0) {
  print(`missed: ${missed.join(", ")}`);
  Deno.exitCode = 1;
}

async function bench(): Promise<void> {
  print(
    `${count} cameras of 320x180 at ${fps} fps and ${bitrateKbps} kbit/s, for ${values.seconds} s`,
  );
  await Deno.writeTextFile(file, text(""));
  await using producer = await startProducer({
    ingestUrl: ingest.url,
    env: { CONFIG: file, LOG_LEVEL: "warning" },
  });
  const startedMs = performance.now();
  await eventually("all are live", LIVE_WITHIN_MS, () => areLive(ingest));
  print(`all are live after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  await sleep(SETTLE_MS, never);
  await steadily(producer.pid);
  await edits();
  await onDemand();
}

async function steadily(pid: number): Promise<void> {
  const ffmpegs = await ffmpegsOf(pid);
  const framesBefore = await framesReceived();
  const [before, ...othersBefore] = await Promise.all([pid, ...ffmpegs].map(usageOf));
  await sleep(Number(values.seconds) * 1000, never);
  const [after, ...othersAfter] = await Promise.all([pid, ...ffmpegs].map(usageOf));
  const frames = await framesReceived() - framesBefore;
  if (before === undefined || after === undefined) return;
  const fpsOfAll = frames / (after.atMs - before.atMs) * 1000;
  print(`frames at ingest   ${fpsOfAll.toFixed(0)} a second of ${count * fps}`);
  print(`the producer       ${usageBetween(before, after)}`);
  print(
    `its ${ffmpegs.length} FFmpegs     ${usageBetween(sumOf(othersBefore), sumOf(othersAfter))}`,
  );
  if (after.residentBytes > MAX_RESIDENT_BYTES) missed.push("memory");
  if (cpuMsPerSecond(before, after) > MAX_CPU_SHARE * 1000) missed.push("CPU");
}

/** One camera more, by an edit, while all others run. */
async function edits(): Promise<void> {
  await Deno.writeTextFile(file, text("  added: {url: rtsp://127.0.0.1:9/none}\n"));
  const editedMs = performance.now();
  await eventually("the edit is followed", LIVE_WITHIN_MS, async () => {
    return (await describeStream(ingest.url, "added")).state !== undefined || "not yet";
  });
  const tookMs = performance.now() - editedMs;
  print(`an edit is applied within ${tookMs.toFixed(0)} ms`);
  if (tookMs > MAX_EDIT_MS) missed.push("edit");
}

/** A producer of a camera of its own, on an otherwise idle machine: how soon who watches sees it. */
async function onDemand(): Promise<void> {
  const tookMs: number[] = [];
  for (let place = 0; place < WAKE_UPS; place++) {
    const stream = `asleep${place}`;
    await Deno.writeTextFile(file, text(`  ${stream}: {url: ${camera.url}/x, on_demand: true}\n`));
    await eventually("it is there", LIVE_WITHIN_MS, async () => {
      return /sleeps/.test((await describeStream(ingest.url, stream)).cause) || "not yet";
    });
    const fromMs = performance.now();
    await using viewer = LiveViewer.watch(ingest.url, { stream });
    await eventually("a picture", LIVE_WITHIN_MS, () => viewer.frames > 0 || "none");
    tookMs.push(performance.now() - fromMs);
  }
  print(`a camera on demand shows within ${tookMs.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  if (Math.max(...tookMs) > MAX_FIRST_PICTURE_MS) missed.push("on demand");
}

function text(more: string): string {
  const ids = Array.from({ length: count }, (_, index) => `camera-${index}`);
  return `cameras:\n${ids.map((id) => `  ${id}: ${camera.url}/${id}\n`).join("")}${more}`;
}

async function areLive({ url }: Ingest): Promise<true | string> {
  const { streams } = await (await fetch(`${url}api/streams`)).json();
  const live = streams.filter(({ state }: { readonly state: string }) => state === "live").length;
  return live === count || `${live} of ${count} are live`;
}

async function framesReceived(): Promise<number> {
  return (await metricsOf(ingest.url))["frames_received"] ?? NaN;
}

function sumOf(usages: readonly ProcessUsage[]): ProcessUsage {
  return usages.reduce((sum, { cpuMs, residentBytes, atMs }) => ({
    cpuMs: sum.cpuMs + cpuMs,
    residentBytes: sum.residentBytes + residentBytes,
    atMs,
  }));
}
