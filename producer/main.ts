import {
  createRedact,
  errorChain,
  listenForShutdown,
  loadDotEnv,
  logFor,
  SettingsError,
  startLogging,
} from "@porthole/protocol/service";
import { loadConfig } from "./config.ts";
import { FfmpegMissingError, ffmpegVersion } from "./ffmpeg_process.ts";
import { produce } from "./producer.ts";

/** Wrong settings or a missing FFmpeg: nothing a restart would mend. */
const EXIT_MISUSE = 2;

async function main(): Promise<number> {
  using shutdown = listenForShutdown();
  loadDotEnv();
  try {
    const config = loadConfig(Deno.env.toObject());
    const redact = createRedact(config.secrets);
    await using _logging = await startLogging({ level: config.logLevel, redact });
    const log = logFor("producer");
    log.info("producer started", {
      ffmpeg: await ffmpegVersion(),
      camera: redact(config.camera.url),
    });
    await produce(config, shutdown.signal);
    log.info("producer stopped");
    return 0;
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof FfmpegMissingError)) throw error;
    await Deno.stderr.write(new TextEncoder().encode(`${errorChain(error)}\n`));
    return EXIT_MISUSE;
  }
}

Deno.exit(await main());
