import {
  aborted,
  logFor,
  readEnvironment,
  runService,
  startLogging,
} from "@porthole/protocol/service";
import { secretsOf } from "./access/access_config.ts";
import { INGEST_SETTINGS, loadConfig } from "./config.ts";
import { drain, startIngest } from "./service.ts";

await runService(async (signal, hide, linger) => {
  const config = loadConfig(readEnvironment(Object.keys(INGEST_SETTINGS)));
  const redact = hide(secretsOf(config.access));
  await using _logging = await startLogging({
    level: config.logLevel,
    format: config.logFormat,
    redact,
  });
  const log = logFor("ingest");
  await using ingest = await startIngest(config);
  const { url } = ingest;
  log.info("ingest listens", config.workers === 1 ? { url } : { url, workers: config.workers });
  const died = await Promise.race([aborted(signal), ingest.died]) ??
    await drain(ingest, config, linger);
  if (died === undefined) return log.info("ingest stops");
  log.error("ingest stops", { cause: died });
  throw died;
});
