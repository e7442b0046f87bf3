/** How many FFmpeg processes run on this camera's URL, by the kernel's own account. */
export async function ffmpegsOn(port: number): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const commandLine = await readCommandLine(name);
    if (/^[^\0]*ffmpeg\0/.test(commandLine) && commandLine.includes(`:${port}/`)) count++;
  }
  return count;
}

async function readCommandLine(pid: string): Promise<string> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/cmdline`);
  } catch (error) {
    // It ended since it was listed.
    const isGone = error instanceof Deno.errors.NotFound ||
      (error instanceof Error && "code" in error && error.code === "ESRCH");
    if (isGone) return "";
    throw error;
  }
}
