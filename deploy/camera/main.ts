/**
 * The simulated camera alone: `deno task camera --help`.
 *
 * @module
 */
import {
  aborted,
  createRedact,
  errorChain,
  listenForShutdown,
  logFor,
  startLogging,
} from "@porthole/protocol/service";
import { CAMERA_USAGE, parseCameraArgs } from "./camera_args.ts";
import { SimulatedCamera } from "./simulated_camera.ts";

const log = logFor("camera");

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseCameraArgs(args);
  if ("usageError" in parsed) {
    await print(Deno.stderr, `${parsed.usageError}\n\n${CAMERA_USAGE}`);
    return 2;
  }
  if (parsed.options === "help") {
    await print(Deno.stdout, CAMERA_USAGE);
    return 0;
  }
  await using _logging = await startLogging({ level: "info", redact: createRedact() });
  using shutdown = listenForShutdown();
  try {
    await using camera = await SimulatedCamera.start(parsed.options);
    await print(Deno.stdout, camera.url);
    const lastWords = await Promise.race([aborted(shutdown.signal), camera.ended()]);
    if (shutdown.signal.aborted) return 0;
    log.error("FFmpeg ended", { output: lastWords });
  } catch (error) {
    log.error("no camera", { error: errorChain(error) });
  }
  return 1;
}

async function print(stream: { write(bytes: Uint8Array): Promise<number> }, text: string) {
  await stream.write(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
