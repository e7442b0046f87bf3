/**
 * What `bench:slow` measures, run in the server's namespace of its network: a camera, a producer,
 * ingest and the viewers near them here, and one browser in the namespace behind the slow link.
 * `slow_inside.ts VIEWER_NAMESPACE SCRATCH_DIRECTORY OPTIONS`
 *
 * @module
 */
import { epochNowMs } from "@porthole/protocol";
import { runService, sleep } from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { chromiumIn } from "../testing/network_namespaces.ts";
import { ServiceProcess } from "../testing/process.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import type { CrowdReport } from "./slow_crowd.ts";
import { FAST_KBPS, SERVER_ADDRESS, setLinkRate } from "./slow_network.ts";
import { parseSlowOptions, type SlowOptions } from "./slow_options.ts";
import { type Look, PictureLog } from "./slow_pictures.ts";
import {
  lastTooOldMs,
  msUntilRendition,
  recoveryMs,
  type Span,
  switchesIn,
  viewingOf,
} from "./slow_report.ts";
import { percentile, print, summary } from "./statistics.ts";

const CROWD = fileURLToPath(new URL("./slow_crowd.ts", import.meta.url));
/** Until start-up has left the processes alone. */
const SETTLE_MS = 4_000;
const TAKE_INTERVAL_MS = 1_000;
/** The first seconds of the squeeze are told apart from its rest. */
const TURN_MS = 3_000;
const GOAL = { p95AgeMs: 500, fps: 10 };
const STREAM = "default";

interface Phase {
  readonly name: string;
  readonly span: Span;
  readonly crowd: CrowdReport;
}

/** The phases one after the other, each with what was seen of the crowd; looks are collected aside. */
class Run {
  readonly phases: Phase[] = [];
  readonly looks: Look[] = [];
  #crowdReports = 0;

  constructor(
    private readonly log: PictureLog,
    private readonly crowd: ServiceProcess,
    private readonly signal: AbortSignal,
  ) {}

  /** What was up to now counts for nothing. */
  async begin(): Promise<void> {
    await this.log.take();
    await this.#crowdReport();
  }

  async phase(name: string, seconds: number): Promise<Span> {
    const fromMs = epochNowMs();
    const untilMs = fromMs + seconds * 1000;
    while (epochNowMs() < untilMs) {
      await sleep(Math.min(TAKE_INTERVAL_MS, untilMs - epochNowMs()), this.signal);
      this.signal.throwIfAborted();
      this.looks.push(...await this.log.take());
    }
    const span = { fromMs, untilMs: epochNowMs() };
    this.phases.push({ name, span, crowd: await this.#crowdReport() });
    return span;
  }

  async #crowdReport(): Promise<CrowdReport> {
    const line = new RegExp(`^crowd ${this.#crowdReports++} (\\{.*\\})$`, "m");
    this.crowd.signal("SIGUSR1");
    const [, json = ""] = await this.crowd.waitFor(line, 5_000);
    return JSON.parse(json);
  }
}

async function measure(
  options: SlowOptions,
  { viewerNamespace, scratch, signal }: {
    viewerNamespace: string;
    scratch: string;
    signal: AbortSignal;
  },
): Promise<void> {
  await using camera = await SimulatedCamera.start({
    widthPx: options.widthPx,
    heightPx: options.heightPx,
    fps: options.fps,
    gopFrames: options.gopFrames,
    bitrateKbps: options.cameraKbps,
  });
  await using ingest = await startIngest({ env: { INGEST_HOST: "0.0.0.0", AUTH: "off" } });
  const { port } = new URL(ingest.url);
  await using _producer = await startProducer({
    cameraUrl: camera.url,
    ingestUrl: `http://127.0.0.1:${port}`,
  });
  const origin = `http://${SERVER_ADDRESS}:${port}`;
  const executablePath = await chromiumIn(viewerNamespace, { origin, directory: scratch });
  await using browser = await TestBrowser.launch({ executablePath });
  await using page = await browser.open(`${origin}/?stream=${STREAM}`);
  await page.waitForState("live");
  await using crowd = await ServiceProcess.start({
    command: Deno.execPath(),
    args: ["run", "-A", CROWD, `ws://127.0.0.1:${port}/ws/${STREAM}`, `${options.others}`],
    ready: /crowd ready/,
  });
  await sleep(SETTLE_MS, signal);
  await squeeze(page, crowd, options, signal);
}

async function squeeze(
  page: PlayerPage,
  crowd: ServiceProcess,
  options: SlowOptions,
  signal: AbortSignal,
): Promise<void> {
  const { widthPx, heightPx } = options;
  await using log = await PictureLog.start(page.page, { stream: STREAM, widthPx, heightPx });
  const run = new Run(log, crowd, signal);
  await run.begin();
  await run.phase("unlimited", options.beforeS);
  await setLinkRate(options.linkKbps);
  const squeezed = await run.phase("squeezed", options.squeezedS);
  await setLinkRate(FAST_KBPS);
  const released = await run.phase("released", options.releasedS);
  report(run, squeezed, released);
}

function report({ phases, looks }: Run, squeezed: Span, released: Span): void {
  print("\nthe slow viewer; painted: when a picture first shows, shown: in each animation frame");
  for (const { name, span } of phases) {
    if (span !== squeezed) {
      reportViewing(name, looks, span);
      continue;
    }
    const turnMs = Math.min(span.fromMs + TURN_MS, span.untilMs);
    reportViewing(`${name}, first ${TURN_MS / 1000} s`, looks, { ...span, untilMs: turnMs });
    reportViewing(`${name}, from then on`, looks, { ...span, fromMs: turnMs });
  }
  const recovered = recoveryMs(looks, squeezed, GOAL);
  const goal = `shown age p95 <= ${GOAL.p95AgeMs} ms and >= ${GOAL.fps} fps stay`;
  print(`  squeeze until ${goal}`.padEnd(64) + seconds(recovered));
  const lastMs = lastTooOldMs(looks, squeezed, GOAL.p95AgeMs);
  print(
    `  squeeze until the last look older than ${GOAL.p95AgeMs} ms`.padEnd(64) + seconds(lastMs),
  );
  const back = msUntilRendition(looks, "main", released.fromMs);
  print("  release until on main".padEnd(64) + (back === 0 ? "never left it" : seconds(back)));
  const switches = switchesIn(looks);
  print(`  switches                ${switches.length}`);
  for (const { atMs, from, to } of switches) {
    print(`    ${from} to ${to}, ${since(atMs, phases)}`);
  }
  print(`\nthe ${phases[0]?.crowd.viewers} others`);
  for (const { name, crowd } of phases) reportCrowd(name, crowd);
}

function reportViewing(name: string, looks: readonly Look[], span: Span): void {
  const { paintedAgesMs, shownAgesMs, fps, unreadable, setbacks } = viewingOf(looks, span);
  print(
    `  ${name.padEnd(24)}painted ${summary(paintedAgesMs)}, shown p95 ` +
      `${percentile(shownAgesMs, 0.95).toFixed(0)} ms; ${fps.toFixed(1)} fps; ` +
      `${unreadable} unreadable, ${setbacks.length} backwards`,
  );
}

function reportCrowd(name: string, crowd: CrowdReport): void {
  const renditions = crowd.renditions.map(([rendition, frames]) => `${rendition} ${frames}`)
    .join(", ");
  print(
    `  ${name.padEnd(24)}age p50 ${crowd.ageP50Ms.toFixed(1)}  p99 ${
      crowd.ageP99Ms.toFixed(1)
    } ms; ` +
      `${crowd.fps.toFixed(1)} fps each, at least ${crowd.leastFps.toFixed(1)}; ` +
      `${crowd.discarded} discarded; ${renditions}` +
      (crowd.disconnected === 0 ? "" : `; ${crowd.disconnected} DISCONNECTED`),
  );
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "not at all" : `${(ms / 1000).toFixed(1)} s`;
}

function since(atMs: number, phases: readonly Phase[]): string {
  const phase = phases.findLast(({ span }) => span.fromMs <= atMs);
  return phase === undefined
    ? "before all"
    : `${seconds(atMs - phase.span.fromMs)} into "${phase.name}"`;
}

await runService(async (signal) => {
  const [viewerNamespace = "", scratch = "", ...args] = Deno.args;
  const options = parseSlowOptions(args);
  try {
    await measure(options, { viewerNamespace, scratch, signal });
  } catch (error) {
    // Told to stop: whatever it was in the middle of has failed.
    if (!signal.aborted) throw error;
  }
});
