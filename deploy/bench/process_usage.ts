import { sleep } from "@porthole/protocol/service";

/** CPU time spent so far, and when that was so. */
export interface CpuUsage {
  readonly cpuMs: number;
  readonly atMs: number;
}

/** What a process has used so far, by the kernel's account. */
export interface ProcessUsage extends CpuUsage {
  readonly residentBytes: number;
}

/** Linux counts CPU time in hundredths of a second, whatever its timer does (proc(5), USER_HZ). */
const TICK_MS = 10;
const WATCH_INTERVAL_MS = 250;

/** @throws {Deno.errors.NotFound} when there is no such process */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([
    Deno.readTextFile(`/proc/${pid}/stat`),
    Deno.readTextFile(`/proc/${pid}/status`),
  ]);
  // The name in parentheses may hold spaces; what follows it does not. utime and stime are 14, 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const residentKib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return {
    cpuMs: ticks * TICK_MS,
    residentBytes: residentKib * 1024,
    atMs: performance.now(),
  };
}

/** CPU time that the whole machine has spent on anything so far, ms. */
export async function machineCpuMs(): Promise<number> {
  const [, ...ticks] = (await Deno.readTextFile("/proc/stat")).split("\n", 1)[0]?.split(/ +/) ?? [];
  // user nice system idle iowait irq softirq steal (proc(5)); what follows is counted in user.
  const [user, nice, system, , , irq, softirq, steal] = ticks.map(Number);
  return TICK_MS *
    [user, nice, system, irq, softirq, steal].reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

/** CPU time, user's and system's, per second of wall clock, ms: 1000 is one core. */
export function cpuMsPerSecond(before: CpuUsage, after: CpuUsage): number {
  return 1000 * (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs);
}

/** `1.3 % of a core, 55 MB` */
export function usageBetween(before: ProcessUsage, after: ProcessUsage): string {
  const share = cpuMsPerSecond(before, after) / 10;
  return `${share.toFixed(1)} % of a core, ${(after.residentBytes / 1e6).toFixed(0)} MB`;
}

/** Looks at a process's resident memory four times a second, until it ends or this is disposed of. */
export class MemoryWatch implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #maxBytes = 0;

  constructor(pid: number) {
    this.#watching = this.#watch(pid);
  }

  /** The most that was seen so far. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(pid: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        this.#maxBytes = Math.max(this.#maxBytes, (await usageOf(pid)).residentBytes);
      } catch (error) {
        // ESRCH while it is being read is a process that ends, too.
        if (error instanceof Deno.errors.NotFound || isGone(error)) return;
        throw error;
      }
      await sleep(WATCH_INTERVAL_MS, this.#stop.signal);
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ESRCH";
}
