import { fileURLToPath } from "node:url";
import { type Linger, logFor } from "@porthole/protocol/service";
import type { IngestConfig } from "./config.ts";
import { WorkerPool } from "./mesh/worker_pool.ts";
import { serveIngest } from "./server.ts";

/** Where the built viewer lies, in a binary of `deno task compile` too. */
const VIEWER_DIRECTORY = fileURLToPath(new URL("../viewer/dist/", import.meta.url));

/** Ingest as it was set, on one thread or several. */
export interface RunningIngest extends AsyncDisposable {
  readonly url: string;
  /** Resolves, with why, when it has ended unasked: the process has to end too. */
  readonly died: Promise<Error>;
  /** Says from now on that it is not ready for anybody new, and serves whoever comes. */
  sendElsewhere(): Promise<void>;
}

const log = logFor("ingest");

/**
 * Resolves when it listens; dispose of it to tell everyone goodbye.
 *
 * @throws {MisuseError} when the address cannot be had
 */
export async function startIngest(config: IngestConfig): Promise<RunningIngest> {
  if (config.workers > 1) {
    return await WorkerPool.start({ config, viewerDirectory: VIEWER_DIRECTORY });
  }
  const server = await serveIngest(config, VIEWER_DIRECTORY);
  return {
    url: server.url,
    died: new Promise(() => {}),
    sendElsewhere: () => Promise.resolve(server.sendElsewhere()),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * The time in which load balancers find out, before anybody is told goodbye. Resolves with why, should
 * it end unasked meanwhile.
 */
export async function drain(
  ingest: RunningIngest,
  { drainMs }: IngestConfig,
  linger: Linger,
): Promise<Error | void> {
  if (drainMs === 0) return;
  log.info("ingest drains", { forS: drainMs / 1000 });
  await ingest.sendElsewhere();
  return await Promise.race([linger(drainMs), ingest.died]);
}
