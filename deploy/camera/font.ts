/** Path of the font that `fc-match` picks; `undefined` when there is none to be had. */
export async function findFont(): Promise<string | undefined> {
  try {
    const command = new Deno.Command("fc-match", {
      args: ["--format=%{file}", "sans"],
      stderr: "null",
    });
    const { success, stdout } = await command.output();
    const file = new TextDecoder().decode(stdout).trim();
    return success && file !== "" && (await Deno.stat(file)).isFile ? file : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
