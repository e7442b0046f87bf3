import { sleep } from "@porthole/protocol/service";
import { type LoadResult, runLoad, type WindowOpen } from "./load_run.ts";
import type { LoadedServer } from "./load_servers.ts";
import { countOpen } from "./load_sockets.ts";
import type { ViewersOrder } from "./load_viewers.ts";
import { usageOf } from "./process_usage.ts";

/** What became of viewers that stopped reading; times from when the last of them did, s. */
export interface StalledResult extends LoadResult {
  readonly stalled: number;
  /** Until `clients_connected` counts none of them; absent when it still did at the end. */
  readonly goneAfterSeconds?: number;
  /** Until the server has closed its ends of their connections; absent when it had not. */
  readonly closedAfterSeconds?: number;
  /** Of them still open at the end. */
  readonly stillOpen: number;
  /** NaN when the window was shorter. */
  readonly residentBytesAfter10Seconds: number;
}

const POLL_MS = 250;
const LATER_MS = 10_000;

type Watched = Omit<StalledResult, keyof LoadResult>;

/** @throws {Error} as `runLoad` does */
export async function runStalled(
  server: LoadedServer,
  viewers: Omit<ViewersOrder, "url" | "speaksControl">,
  signal: AbortSignal,
): Promise<StalledResult> {
  let watched: Watched | undefined;
  const result = await runLoad({
    server,
    viewers,
    signal,
    during: async (open) => void (watched = await watchStalled(server, viewers, open)),
  });
  if (watched === undefined) throw new Error("nobody watched the viewers that do not read");
  return { ...result, ...watched };
}

async function watchStalled(
  server: LoadedServer,
  { good, stalled }: { readonly good: number; readonly stalled: number },
  { stalledPorts, ended }: WindowOpen,
): Promise<Watched> {
  const startMs = performance.now();
  const serverPort = Number(server.watchUrl.port);
  let goneAfterSeconds: number | undefined;
  let closedAfterSeconds: number | undefined;
  let residentBytesAfter10Seconds = NaN;
  let stillOpen = await countOpen(stalledPorts, serverPort);
  if (stillOpen < stalled) {
    throw new Error(`of ${stalled} stalled viewers' connections the kernel shows ${stillOpen}`);
  }
  while (!ended.aborted) {
    const afterMs = performance.now() - startMs;
    if (goneAfterSeconds === undefined) {
      const { clients_connected: connected = NaN } = await server.metrics();
      if (connected <= good) goneAfterSeconds = afterMs / 1000;
    }
    if (stillOpen > 0) stillOpen = await countOpen(stalledPorts, serverPort);
    if (stillOpen === 0) closedAfterSeconds ??= afterMs / 1000;
    if (afterMs >= LATER_MS && Number.isNaN(residentBytesAfter10Seconds)) {
      residentBytesAfter10Seconds = (await usageOf(server.pid)).residentBytes;
    }
    await sleep(POLL_MS, ended);
  }
  return {
    stalled,
    ...(goneAfterSeconds === undefined ? {} : { goneAfterSeconds }),
    ...(closedAfterSeconds === undefined ? {} : { closedAfterSeconds }),
    stillOpen,
    residentBytesAfter10Seconds,
  };
}
