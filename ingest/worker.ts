import {
  createRedact,
  errorChain,
  MisuseError,
  onUncaught,
  startLogging,
} from "@porthole/protocol/service";
import { secretsOf } from "./access/access_config.ts";
import type { WorkerAnswer, WorkerOrder, WorkerStart } from "./mesh/worker_message.ts";
import { IngestServer } from "./server.ts";

/**
 * One of several threads that serve the same port; `mesh/worker_pool.ts` starts it and tells it
 * what to do.
 *
 * @module
 */
globalThis.addEventListener("message", (event) => {
  // What goes wrong unforeseen in here ends the thread, which ends the process.
  if (event instanceof MessageEvent) void work(event.data);
}, { once: true });

async function work({ place, config, viewerDirectory, control }: WorkerStart): Promise<void> {
  const redact = createRedact(secretsOf(config.access));
  onUncaught((error) => {
    // Its owner hears of it, and Deno prints it: without secrets.
    throw new Error(redact(Deno.inspect(error)));
  });
  await startLogging({
    level: config.logLevel,
    format: config.logFormat,
    redact,
    fields: { worker: place.index },
  });
  const server = new IngestServer(config, viewerDirectory, place);
  const answer = (message: WorkerAnswer) => control.postMessage(message);
  control.addEventListener("message", async ({ data }: MessageEvent<WorkerOrder>) => {
    if (data.type === "listen") return answer(await listen(server, data.port));
    if (data.type === "drain") {
      server.sendElsewhere();
      return answer({ type: "drains" });
    }
    await server[Symbol.asyncDispose]();
    answer({ type: "stopped" });
  });
  control.start();
  answer({ type: "ready" });
}

async function listen(server: IngestServer, port: number): Promise<WorkerAnswer> {
  try {
    await server.listen(port);
    return { type: "listens", url: server.url };
  } catch (error) {
    return { type: "refused", reason: errorChain(error), isMisuse: error instanceof MisuseError };
  }
}
