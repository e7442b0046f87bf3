/** What a process has used so far, by the kernel's account. */
export interface ProcessUsage {
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly atMs: number;
}

/** Linux counts CPU time in hundredths of a second, whatever its timer does (proc(5), USER_HZ). */
const TICK_MS = 10;

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

/** `1.3 % of a core, 55 MB` */
export function usageBetween(before: ProcessUsage, after: ProcessUsage): string {
  const share = 100 * (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs);
  return `${share.toFixed(1)} % of a core, ${(after.residentBytes / 1e6).toFixed(0)} MB`;
}
