/** A process as the kernel has it, proc(5). */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** The command's name, at most 15 characters. */
  readonly name: string;
  /** `Z` is one that ended and that its parent has not asked for. */
  readonly state: string;
}

/** All processes there are. */
export async function processes(): Promise<ProcessEntry[]> {
  const pids: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) if (/^\d+$/.test(name)) pids.push(name);
  const entries = await Promise.all(pids.map(entryOf));
  return entries.filter((entry) => entry !== undefined);
}

/** What a process started and nobody has asked for yet, the dead among it. */
export async function childrenOf(pid: number): Promise<ProcessEntry[]> {
  return (await processes()).filter(({ parentPid }) => parentPid === pid);
}

/** The process ids of the FFmpegs that a process runs; one that is dead and not yet reaped counts. */
export async function ffmpegsOf(pid: number): Promise<number[]> {
  return (await childrenOf(pid)).filter(({ name }) => name === "ffmpeg").map((one) => one.pid);
}

/** Whether the process is there and not only its entry in the table. */
export async function isRunning(pid: number): Promise<boolean> {
  const entry = await entryOf(String(pid));
  return entry !== undefined && entry.state !== "Z";
}

/** How many descriptors a process has open. @throws {Deno.errors.NotFound} when it is gone */
export async function openDescriptors(pid: number): Promise<number> {
  let count = 0;
  for await (const _descriptor of Deno.readDir(`/proc/${pid}/fd`)) count++;
  return count;
}

/** Empty for what is gone since it was listed. */
export async function commandLineOf(pid: number): Promise<string> {
  return await readProcess(String(pid), "cmdline") ?? "";
}

async function entryOf(pid: string): Promise<ProcessEntry | undefined> {
  // The name in parentheses may hold anything, parentheses too.
  const [, name = "", state = "", parent] =
    /^\d+ \((.*)\) (\S) (\d+) /s.exec(await readProcess(pid, "stat") ?? "") ?? [];
  if (parent === undefined) return undefined;
  return { pid: Number(pid), parentPid: Number(parent), name, state };
}

async function readProcess(pid: string, file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/${file}`);
  } catch (error) {
    // It ended since it was listed.
    const isGone = error instanceof Deno.errors.NotFound ||
      (error instanceof Error && "code" in error && error.code === "ESRCH");
    if (isGone) return undefined;
    throw error;
  }
}
