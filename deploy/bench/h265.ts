/**
 * What a camera of H.265 costs the producer and its FFmpegs: passed through to a viewer that plays
 * it, made H.264 on demand for one that does not, and made H.264 always (`RTSP_CODEC=h264`). In
 * turns, several rounds, for other programs disturb all of them alike.
 * `deno task bench:h265 [--rounds 3] [--seconds 8] [--size 1920x1080] [--kbps 4000]`
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { epochNowMs, renditionOf } from "@porthole/protocol";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually } from "../testing/browser.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import { ffmpegsOf } from "../testing/process_table.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import { cpuMsPerSecond, type CpuUsage, usageOf } from "./process_usage.ts";
import { percentile, print } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "8" },
    size: { type: "string", default: "1920x1080" },
    kbps: { type: "string", default: "4000" },
  },
});

interface Way {
  readonly title: string;
  readonly codecs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly rendition: string;
}

const WAYS: readonly Way[] = [
  { title: "passed through", codecs: ["hvc1"], env: {}, rendition: "source" },
  { title: "made H.264 on demand", codecs: ["avc1"], env: {}, rendition: "main" },
  {
    title: "made H.264 always",
    codecs: ["avc1"],
    env: { RTSP_CODEC: "h264" },
    rendition: "main",
  },
];

const [widthPx = 0, heightPx = 0] = values.size.split("x").map(Number);
const SETTLES_MS = 2_000;
const LOOK_EVERY_MS = 5;

await using camera = await SimulatedCamera.start({
  ...{ codec: "h265", widthPx, heightPx, fps: 30, gopFrames: 60 },
  bitrateKbps: Number(values.kbps),
});
print(`H.265 of ${values.size}, 30 fps, ${values.kbps} kbps; producer and its FFmpegs`);
const shares = new Map<string, number[]>();
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const way of WAYS) {
    const { cpuPercent, fps, ageMs } = await measure(way);
    shares.set(way.title, [...shares.get(way.title) ?? [], cpuPercent]);
    const rate = `${fps.toFixed(1)} fps, ${ageMs.toFixed(1)} ms from the producer's stamp`;
    print(
      `  round ${round}  ${way.title.padEnd(22)} ${cpuPercent.toFixed(1)} % of a core, ${rate}`,
    );
  }
}
for (const [title, percents] of shares) {
  print(`${title.padEnd(22)} median ${percentile(percents, 0.5).toFixed(1)} % of a core`);
}

async function measure({ codecs, env, rendition }: Way) {
  await using ingest = await startIngest();
  await using producer = await startProducer({
    ...{ cameraUrl: camera.url, ingestUrl: ingest.url, env },
  });
  await using viewer = LiveViewer.watch(ingest.url, { codecs });
  await eventually(`live ${rendition}`, 20_000, () => {
    const { newest } = viewer;
    return newest !== undefined && renditionOf(newest) === rendition || "something else comes";
  });
  await sleep(SETTLES_MS);
  const [before, framesBefore] = [await usageOfAll(producer.pid), viewer.frames];
  const agesMs: number[] = [];
  let seen = viewer.newest;
  for (const endMs = before.atMs + Number(values.seconds) * 1000; performance.now() < endMs;) {
    await sleep(LOOK_EVERY_MS);
    if (viewer.newest === seen || viewer.newest === undefined) continue;
    seen = viewer.newest;
    agesMs.push(epochNowMs() - seen.timestamp);
  }
  const after = await usageOfAll(producer.pid);
  return {
    cpuPercent: cpuMsPerSecond(before, after) / 10,
    fps: 1000 * (viewer.frames - framesBefore) / (after.atMs - before.atMs),
    ageMs: percentile(agesMs, 0.5),
  };
}

/** Of a producer and the FFmpegs that it runs. */
async function usageOfAll(pid: number): Promise<CpuUsage> {
  const pids = [pid, ...await ffmpegsOf(pid)];
  const usages = await Promise.all(pids.map(usageOf));
  const cpuMs = usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  return { cpuMs, atMs: usages[0]?.atMs ?? performance.now() };
}
