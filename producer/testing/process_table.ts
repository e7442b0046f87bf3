/** A process as the kernel lists it. */
export interface ListedProcess {
  readonly pid: number;
  readonly parentPid: number;
  /** Its command line, the arguments with spaces between. */
  readonly command: string;
}

/** All that run and are not dead already, by Linux's /proc. */
export async function runningProcesses(): Promise<ListedProcess[]> {
  const found: ListedProcess[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const listed = await readProcess(Number(name));
    if (listed !== undefined) found.push(listed);
  }
  return found;
}

async function readProcess(pid: number): Promise<ListedProcess | undefined> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/stat`);
    // The name stands in parentheses and may hold anything.
    const [state, parentPid] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    const commandLine = await Deno.readTextFile(`/proc/${pid}/cmdline`);
    return { pid, parentPid: Number(parentPid), command: commandLine.replaceAll("\0", " ") };
  } catch (error) {
    // It ended since it was listed.
    const isGone = error instanceof Deno.errors.NotFound ||
      (error instanceof Error && "code" in error && error.code === "ESRCH");
    if (isGone) return undefined;
    throw error;
  }
}
