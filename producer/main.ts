import {
  createRedact,
  loadDotEnv,
  logFor,
  runService,
  startLogging,
} from "@porthole/protocol/service";
import { loadConfig } from "./config.ts";
import { ffmpegVersion } from "./ffmpeg_process.ts";
import { produce } from "./producer.ts";

await runService(async (signal) => {
  loadDotEnv();
  const config = loadConfig(Deno.env.toObject());
  const redact = createRedact(config.secrets);
  await using _logging = await startLogging({ level: config.logLevel, redact });
  const log = logFor("producer");
  log.info("producer starts", { ffmpeg: await ffmpegVersion(), camera: redact(config.camera.url) });
  await produce(config, signal);
  log.info("producer stopped");
});
