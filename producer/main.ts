import { logFor, readEnvironment, runService, startLogging } from "@porthole/protocol/service";
import { loadConfig, PRODUCER_SETTINGS } from "./config.ts";
import { ffmpegVersion } from "./ffmpeg_process.ts";
import { produce } from "./producer.ts";

await runService(async (signal, hide) => {
  const config = loadConfig(readEnvironment(Object.keys(PRODUCER_SETTINGS)));
  const redact = hide(config.secrets);
  await using _logging = await startLogging({ level: config.logLevel, redact });
  const log = logFor("producer");
  log.info("producer starts", { ffmpeg: await ffmpegVersion(), camera: redact(config.camera.url) });
  await produce(config, signal);
  log.info("producer stopped");
});
