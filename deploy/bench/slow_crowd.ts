/**
 * The viewers beside the slow one in `bench:slow`, in a process of their own. At each SIGUSR1 they
 * say in a line of JSON what they got since the last one, counted from 0, and begin anew.
 * `slow_crowd.ts ws://HOST:PORT/ws/STREAM VIEWERS`
 *
 * @module
 */
import { epochNowMs } from "@porthole/protocol";
import { FrameTally, FrameViewer } from "../testing/frame_viewer.ts";
import { percentile, print } from "./statistics.ts";

/** What the crowd got in a stretch of time. */
export interface CrowdReport {
  readonly viewers: number;
  /** Frames a second and viewer, of all, and of the one that got the fewest. */
  readonly fps: number;
  readonly leastFps: number;
  /** Steps of `seq` over frames that never came. */
  readonly discarded: number;
  /** From the producer having the frame to its arrival, ms. */
  readonly ageP50Ms: number;
  readonly ageP99Ms: number;
  /** Frames of each rendition. */
  readonly renditions: readonly (readonly [name: string, frames: number])[];
  readonly disconnected: number;
}

function reportOf(crowd: readonly FrameViewer[], tally: FrameTally, seconds: number): CrowdReport {
  return {
    viewers: crowd.length,
    fps: tally.agesMs.length / crowd.length / seconds,
    leastFps: Math.min(...crowd.map(({ frames }) => frames)) / seconds,
    discarded: tally.discarded,
    ageP50Ms: percentile(tally.agesMs, 0.5),
    ageP99Ms: percentile(tally.agesMs, 0.99),
    renditions: [...tally.renditions],
    disconnected: crowd.filter(({ isGone }) => isGone).length,
  };
}

function watch(url: string, viewers: number): void {
  let tally = new FrameTally();
  let sinceMs = epochNowMs();
  let reports = 0;
  const crowd = Array.from({ length: viewers }, () => new FrameViewer(url, tally));
  Deno.addSignalListener("SIGUSR1", () => {
    const nowMs = epochNowMs();
    const report = reportOf(crowd, tally, (nowMs - sinceMs) / 1000);
    print(`crowd ${reports++} ${JSON.stringify(report)}`);
    tally = new FrameTally();
    sinceMs = nowMs;
    for (const viewer of crowd) viewer.countInto(tally);
  });
  print("crowd ready");
}

if (import.meta.main) {
  const [url = "", viewers = ""] = Deno.args;
  watch(url, Number(viewers));
}
