/**
 * A viewer whose link becomes too slow for the camera, and wide again: how late its picture is, how
 * soon that is put right, and whether those beside it notice.
 *
 * The link is one of the kernel's: a network namespace of its own, with a token bucket filter and a
 * queue as a router has (tc-tbf(8)). It takes root and iproute2. All that is measured, camera and
 * browser and all, runs in two namespaces that are made for it and removed at the end.
 * `deno task bench:slow [--kbps 2000] [--bitrate 4000] [--seconds 10,30,30] [--others 50]
 * [--size 1280x720] [--fps 30] [--gop 60] [--congestion cubic]`
 *
 * @module
 */
import { aborted, MisuseError, runService } from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { SlowNetwork } from "./slow_network.ts";
import { parseSlowOptions } from "./slow_options.ts";
import { print } from "./statistics.ts";

const INSIDE = fileURLToPath(new URL("./slow_inside.ts", import.meta.url));
/** The inner process ends what it started; the network's end takes what is left. */
const STOP_WITHIN_MS = 10_000;

async function scratchDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "porthole-slow-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Runs the measurement in the network, in sight of whoever started this; its exit code. */
async function measureIn(
  network: SlowNetwork,
  scratch: string,
  signal: AbortSignal,
): Promise<number> {
  const [command = "", ...args] = SlowNetwork.inNamespace(network.serverNamespace, [
    ...[Deno.execPath(), "run", "-A", INSIDE],
    ...[network.viewerNamespace, scratch, ...Deno.args],
  ]);
  const inside = new Deno.Command(command, { args, stdin: "null" }).spawn();
  const outcome = await Promise.race([inside.status, aborted(signal)]);
  // Ctrl-C in a terminal reaches it as well: then it may be the first to go.
  if (outcome !== undefined) return signal.aborted ? 0 : outcome.code;
  inside.kill("SIGTERM");
  const kill = setTimeout(() => inside.kill("SIGKILL"), STOP_WITHIN_MS);
  await inside.status;
  clearTimeout(kill);
  return 0;
}

await runService(async (signal) => {
  const options = parseSlowOptions(Deno.args);
  await using scratch = await scratchDirectory();
  await using network = await SlowNetwork.create(options.congestion);
  print(
    `${options.widthPx}x${options.heightPx} at ${options.fps} fps, ${options.cameraKbps} kbps, ` +
      `a keyframe every ${options.gopFrames} frames; TCP ${options.congestion}; ` +
      `one viewer squeezed to ${options.linkKbps} kbps, ${options.others} beside it`,
  );
  const code = await measureIn(network, scratch.path, signal);
  if (code !== 0) throw new MisuseError(`the measurement failed (exit code ${code}); see above`);
});
