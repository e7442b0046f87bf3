import { fileURLToPath } from "node:url";
import { ServiceProcess } from "../testing/process.ts";
import type { ArrivalReport } from "./load_arrivals.ts";
import type { LoadedServer } from "./load_servers.ts";
import type { ViewersOrder, ViewersReport } from "./load_viewers.ts";
import { cpuMsPerSecond, machineCpuMs, MemoryWatch, usageOf } from "./process_usage.ts";

/** One server with its viewers, over one window. */
export interface LoadResult {
  readonly server: string;
  readonly good: ArrivalReport;
  readonly slow: ArrivalReport;
  /** By the server's own count; 0 at a yardstick. */
  readonly discarded: number;
  /** Frames that the publisher gave up, while the viewers joined too. */
  readonly unsent: number;
  readonly serverCpuMsPerSecond: number;
  /** With a core to itself, 1000 would make the viewers the thing that is measured. */
  readonly viewersCpuMsPerSecond: number;
  /** All else on the machine, the publisher included. When it is much, so are the delays. */
  readonly othersCpuMsPerSecond: number;
  /** Before the first viewer, at the window's start, at its end; and the most that was seen. */
  readonly residentBytes: {
    readonly idle: number;
    readonly start: number;
    readonly end: number;
    readonly max: number;
  };
}

/** What is to be looked at while the window is open. */
export interface WindowOpen {
  /** Client ports of the viewers that do not read. */
  readonly stalledPorts: readonly number[];
  /** Aborted at the window's end. */
  readonly ended: AbortSignal;
}

export interface LoadRun {
  readonly server: LoadedServer;
  readonly viewers: Omit<ViewersOrder, "url" | "speaksControl">;
  readonly signal: AbortSignal;
  /** Runs beside the window, and must end soon after it. */
  readonly during?: (open: WindowOpen) => Promise<void>;
}

const VIEWERS = fileURLToPath(new URL("./load_viewers.ts", import.meta.url));
const SETTLED_WITHIN_MS = 120_000;
/** What a machine that is overloaded may take on top of the window. */
const GRACE_MS = 30_000;

/**
 * Puts viewers on a server and measures both over one window.
 *
 * @throws {Error} when a viewer could not connect or did not stay, or the publish was cut
 */
export async function runLoad(run: LoadRun): Promise<LoadResult> {
  const { server, signal } = run;
  signal.throwIfAborted();
  await using memory = new MemoryWatch(server.pid);
  const idle = await usageOf(server.pid);
  const order: ViewersOrder = {
    ...run.viewers,
    url: server.watchUrl.href,
    speaksControl: server.hearsViewers,
  };
  await using viewers = await ServiceProcess.start({
    command: Deno.execPath(),
    args: ["run", "-A", VIEWERS, JSON.stringify(order)],
  });
  // Whoever waits for its next word is then told that it ended.
  const end = () => viewers.signal("SIGTERM");
  signal.addEventListener("abort", end, { once: true });
  try {
    const { report, before, after } = await watchWindow(run, viewers);
    const serverCpuMsPerSecond = cpuMsPerSecond(before.server, after.server);
    const viewersCpuMsPerSecond = cpuMsPerSecond(before.viewers, after.viewers);
    const machineCpuMsPerSecond = cpuMsPerSecond(before.machine, after.machine);
    return {
      server: server.name,
      good: report.good,
      slow: report.slow,
      discarded: (after.discarded ?? 0) - (before.discarded ?? 0),
      unsent: await server.stopSending(),
      serverCpuMsPerSecond,
      viewersCpuMsPerSecond,
      othersCpuMsPerSecond: machineCpuMsPerSecond - serverCpuMsPerSecond - viewersCpuMsPerSecond,
      residentBytes: {
        idle: idle.residentBytes,
        start: before.server.residentBytes,
        end: after.server.residentBytes,
        max: Math.max(memory.maxBytes, after.server.residentBytes),
      },
    };
  } catch (error) {
    signal.throwIfAborted();
    await server.stopSending(); // that the publish was cut says more
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

async function watchWindow(run: LoadRun, viewers: ServiceProcess) {
  const look = () => lookAt(run.server, viewers.pid);
  await viewers.waitFor(/^settled$/m, SETTLED_WITHIN_MS);
  const before = await look();
  const [, ports = ""] = await viewers.waitFor(/^measuring (.*)$/m, GRACE_MS);
  const ended = new AbortController();
  const reported = async () => {
    try {
      const withinMs = run.viewers.seconds * 1000 + GRACE_MS;
      const [, json = ""] = await viewers.waitFor(/^report (.*)$/m, withinMs);
      const report: ViewersReport = JSON.parse(json);
      if (report.ended > 0) {
        throw new Error(`${report.ended} viewers did not stay, the first: ${report.endedBecause}`);
      }
      return { report, after: await look() };
    } finally {
      ended.abort();
    }
  };
  const [{ report, after }] = await Promise.all([
    reported(),
    run.during?.({ stalledPorts: JSON.parse(ports), ended: ended.signal }),
  ]);
  return { report, before, after };
}

async function lookAt({ pid, metrics }: LoadedServer, viewersPid: number) {
  const [server, viewers, cpuMs, { frames_discarded: discarded }] = await Promise.all([
    usageOf(pid),
    usageOf(viewersPid),
    machineCpuMs(),
    metrics(),
  ]);
  return { server, viewers, machine: { cpuMs, atMs: server.atMs }, discarded };
}
