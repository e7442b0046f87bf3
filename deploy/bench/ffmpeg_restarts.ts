import { epochNowMs } from "@porthole/protocol";
import { eventually } from "../testing/browser.ts";
import type { LiveViewer } from "../testing/live_viewer.ts";
import { childrenOf, ffmpegsOf, openDescriptors } from "../testing/process_table.ts";
import { usageOf } from "./process_usage.ts";

/** What a process holds. */
export interface Holding {
  readonly descriptors: number;
  readonly residentBytes: number;
}

export interface RestartsResult {
  /** From each kill to the first frame of the next FFmpeg at the viewer, ms. */
  readonly recoveriesMs: readonly number[];
  readonly before: Holding;
  readonly after: Holding;
}

/** What was on its way when FFmpeg was killed comes within this time, ms. */
const ON_ITS_WAY_MS = 200;
const BACK_WITHIN_MS = 30_000;
/** Of V8's heap and the allocator's, which grow a while with the first connections. */
const WARM_UP = 5;

export async function holdingOf(pid: number): Promise<Holding> {
  const [descriptors, { residentBytes }] = await Promise.all([openDescriptors(pid), usageOf(pid)]);
  return { descriptors, residentBytes };
}

/**
 * Kills a producer's FFmpeg so many times, each time as soon as its pictures come, and tells what
 * the producer holds before and after; some kills before the first look are for warming up.
 *
 * @throws {Error} when no picture comes in half a minute, or the dead are left
 */
export async function restartFfmpeg(
  producerPid: number,
  viewer: LiveViewer,
  times: number,
  onRestart: (restarted: number, recoveryMs: number) => void = () => {},
): Promise<RestartsResult> {
  for (let warmUp = 0; warmUp < WARM_UP; warmUp++) await killFfmpeg(producerPid, viewer);
  const before = await holdingOf(producerPid);
  const recoveriesMs: number[] = [];
  for (let restarted = 1; restarted <= times; restarted++) {
    const recoveryMs = await killFfmpeg(producerPid, viewer);
    recoveriesMs.push(recoveryMs);
    onRestart(restarted, recoveryMs);
  }
  const after = await settled(producerPid, before);
  return { recoveriesMs, before, after };
}

/** Until the next one's first frame is at the viewer, ms. */
async function killFfmpeg(producerPid: number, viewer: LiveViewer): Promise<number> {
  const [ffmpeg, ...others] = await ffmpegsOf(producerPid);
  if (ffmpeg === undefined || others.length > 0) {
    throw new Error(`of FFmpegs there are ${JSON.stringify(await childrenOf(producerPid))}`);
  }
  const startMs = performance.now();
  Deno.kill(ffmpeg, "SIGKILL");
  const laterMs = epochNowMs() + ON_ITS_WAY_MS;
  await eventually("another FFmpeg's frames come", BACK_WITHIN_MS, () => {
    return viewer.hasFrameAfter(laterMs);
  });
  return performance.now() - startMs;
}

/** What is closed by a timer is given a moment. */
async function settled(pid: number, before: Holding): Promise<Holding> {
  let after = await holdingOf(pid);
  const untilMs = performance.now() + 3_000;
  while (after.descriptors > before.descriptors && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    after = await holdingOf(pid);
  }
  return after;
}
