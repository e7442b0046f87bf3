import {
  aborted,
  logFor,
  readEnvironment,
  runService,
  startLogging,
} from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { secretsOf } from "./access/access_config.ts";
import { INGEST_SETTINGS, loadConfig } from "./config.ts";
import { WorkerPool } from "./mesh/worker_pool.ts";
import { serveIngest } from "./server.ts";

const VIEWER_DIRECTORY = fileURLToPath(new URL("../viewer/dist/", import.meta.url));

await runService(async (signal, hide) => {
  const config = loadConfig(readEnvironment(Object.keys(INGEST_SETTINGS)));
  const redact = hide(secretsOf(config.access));
  await using _logging = await startLogging({ level: config.logLevel, redact });
  const log = logFor("ingest");
  if (config.workers === 1) {
    await using server = await serveIngest(config, VIEWER_DIRECTORY);
    log.info("ingest listens", { url: server.url });
    await aborted(signal);
    log.info("ingest stops");
    return;
  }
  await using pool = await WorkerPool.start({ config, viewerDirectory: VIEWER_DIRECTORY });
  log.info("ingest listens", { url: pool.url, workers: config.workers });
  const died = await Promise.race([aborted(signal), pool.died]);
  if (died === undefined) return log.info("ingest stops");
  log.error("ingest stops", { cause: died });
  throw died;
});
