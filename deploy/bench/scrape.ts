/**
 * What a scrape of ingest's metrics takes while a thousand viewers watch: `deno task bench:scrape
 * [--viewers 1000] [--workers 2]`. Ends with 1 when one in twenty takes longer than 20 ms.
 *
 * @module
 */
import { errorChain, listenForShutdown } from "@porthole/protocol/service";
import { parseLoadArgs } from "./load_options.ts";
import { runLoad, type WindowOpen } from "./load_run.ts";
import { startPorthole } from "./load_servers.ts";
import { assertOpenFileLimit } from "./load_sockets.ts";
import { percentile, print, summary } from "./statistics.ts";

const MAX_MS = 20;
const MAX_SECONDS = 120;
const SETTLE_SECONDS = 3;
/** Prometheus comes every fifteen seconds; more often, to have figures. */
const EVERY_MS = 200;
const OTHER_FILES = 100;

/** Answers of `/metrics`, one after the other, until the window is over: how long each took, ms. */
async function scrape(url: URL, accept: string, ended: AbortSignal): Promise<number[]> {
  const tookMs: number[] = [];
  while (!ended.aborted) {
    const startMs = performance.now();
    const response = await fetch(url, { headers: { accept } });
    const text = await response.text();
    tookMs.push(performance.now() - startMs);
    if (!response.ok) throw new Error(`/metrics answered ${response.status}: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return tookMs;
}

async function main(): Promise<number> {
  using shutdown = listenForShutdown();
  const { viewers, fps, frameBytes, seconds, workers } = parseLoadArgs(Deno.args);
  await assertOpenFileLimit(viewers + OTHER_FILES);
  const [count] = workers;
  const env = count === undefined ? {} : { INGEST_WORKERS: String(count) };
  await using server = await startPorthole({ fps, frameBytes, maxSeconds: MAX_SECONDS }, { env });
  const url = new URL("/metrics", server.watchUrl);
  const tookMs = { text: [] as number[], json: [] as number[] };
  const during = async ({ ended }: WindowOpen) => {
    [tookMs.text, tookMs.json] = await Promise.all([
      scrape(url, "text/plain", ended),
      scrape(url, "application/json", ended),
    ]);
  };
  const result = await runLoad({
    server,
    viewers: {
      ...{ good: viewers, slow: 0, stalled: 0, slowBytesPerSecond: 0 },
      settleSeconds: SETTLE_SECONDS,
      seconds,
    },
    signal: shutdown.signal,
    during,
  });
  const cpu = result.serverCpuMsPerSecond.toFixed(0);
  print(
    `${viewers} viewers, ${result.good.fpsMean.toFixed(1)} fps each; ingest ${cpu} ms CPU a second`,
  );
  for (const [name, all] of Object.entries(tookMs)) {
    print(`${name}: ${all.length} scrapes, ${summary(all)}`);
  }
  const p95Ms = percentile(tookMs.text, 0.95);
  if (p95Ms <= MAX_MS) return 0;
  print(`MISSED  one scrape in twenty takes longer than ${MAX_MS} ms`);
  return 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    await Deno.stderr.write(new TextEncoder().encode(`${errorChain(error)}\n`));
    Deno.exit(1);
  }
}
