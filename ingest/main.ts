import {
  createRedact,
  errorChain,
  listenForShutdown,
  loadDotEnv,
  logFor,
  SettingsError,
  startLogging,
} from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { loadConfig } from "./config.ts";
import { serveIngest } from "./server.ts";

/** Wrong settings or a port that cannot be had: nothing a restart would mend. */
const EXIT_MISUSE = 2;
const VIEWER_DIRECTORY = fileURLToPath(new URL("../viewer/dist/", import.meta.url));

async function main(): Promise<number> {
  using shutdown = listenForShutdown();
  loadDotEnv();
  try {
    const config = loadConfig(Deno.env.toObject());
    const redact = createRedact([config.publishToken].filter((token) => token !== ""));
    await using _logging = await startLogging({ level: config.logLevel, redact });
    await using _server = serveIngest(config, VIEWER_DIRECTORY);
    await new Promise<void>((resolve) =>
      shutdown.signal.addEventListener("abort", () => resolve(), { once: true })
    );
    logFor("ingest").info("ingest stops");
    return 0;
  } catch (error) {
    const explanation = explain(error);
    if (explanation === undefined) throw error;
    await Deno.stderr.write(new TextEncoder().encode(`${explanation}\n`));
    return EXIT_MISUSE;
  }
}

function explain(error: unknown): string | undefined {
  if (error instanceof SettingsError) return errorChain(error);
  if (error instanceof Deno.errors.AddrInUse) {
    return "INGEST_PORT is in use by another program; stop that one or set another port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "INGEST_HOST is not an address of this machine";
  }
  return undefined;
}

Deno.exit(await main());
