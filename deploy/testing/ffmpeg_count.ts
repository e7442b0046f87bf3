import { commandLineOf, processes } from "./process_table.ts";

/** How many FFmpeg processes run on this camera's URL, by the kernel's own account. */
export async function ffmpegsOn(port: number): Promise<number> {
  const commandLines = await Promise.all((await processes()).map(({ pid }) => commandLineOf(pid)));
  return commandLines.filter((line) => /^[^\0]*ffmpeg\0/.test(line) && line.includes(`:${port}/`))
    .length;
}
