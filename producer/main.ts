import { type Env, MisuseError, readEnvironment, runService } from "@porthole/protocol/service";
import { checkCameraFile } from "./check.ts";
import { PRODUCER_SETTINGS } from "./config.ts";
import { probe } from "./probe.ts";
import { serve } from "./service.ts";

const USAGE =
  `producer [FILE]         runs the cameras of a file, porthole.yaml, or the one at RTSP_URL
producer check [FILE]   says whether a file of cameras is in order
producer probe URL      says what a camera sends, for bug reports`;

const A_FILE = /\.(ya?ml|json)$/;

await runService(async (signal, hide) => {
  // `deno task producer -- check` hands on the dashes as well.
  const [command, argument, ...more] = Deno.args.filter((given) => given !== "--");
  const env: Env = readEnvironment(Object.keys(PRODUCER_SETTINGS));
  if (more.length === 0 && command === "check") return say(await checkCameraFile(env, argument));
  if (more.length === 0 && command === "probe" && argument !== undefined) {
    const { text, isWell } = await probe(env, argument, hide, signal);
    // For scripts, which go by that and not by words.
    if (!isWell) Deno.exitCode = 1;
    return say(text);
  }
  if (argument === undefined && command !== undefined && A_FILE.test(command)) {
    return await serve({ ...env, CONFIG: command }, hide, signal);
  }
  if (command !== undefined) throw new MisuseError(USAGE);
  await serve(env, hide, signal);
});

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}
