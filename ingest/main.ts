import {
  aborted,
  createRedact,
  loadDotEnv,
  logFor,
  runService,
  startLogging,
} from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { loadConfig } from "./config.ts";
import { serveIngest } from "./server.ts";

const VIEWER_DIRECTORY = fileURLToPath(new URL("../viewer/dist/", import.meta.url));

await runService(async (signal) => {
  loadDotEnv();
  const config = loadConfig(Deno.env.toObject());
  const redact = createRedact(config.publishToken === "" ? [] : [config.publishToken]);
  await using _logging = await startLogging({ level: config.logLevel, redact });
  await using _server = await serveIngest(config, VIEWER_DIRECTORY);
  await aborted(signal);
  logFor("ingest").info("ingest stops");
});
