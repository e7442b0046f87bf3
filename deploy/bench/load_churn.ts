import { sleep } from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { ServiceProcess } from "../testing/process.ts";
import type { ChurnOrder, ChurnReport } from "./load_churners.ts";
import type { LoadedServer } from "./load_servers.ts";
import { cpuMsPerSecond, MemoryWatch, usageOf } from "./process_usage.ts";

/** A server before and after viewers came and went. */
export interface ChurnResult extends ChurnReport {
  readonly server: string;
  readonly serverCpuMsPerSecond: number;
  readonly residentBytes: {
    /** After the first rounds of visits. */
    readonly before: number;
    readonly after: number;
    readonly max: number;
  };
  /** By `/metrics`, when all have long gone. */
  readonly clientsLeft: number;
}

const CHURNERS = fileURLToPath(new URL("./load_churners.ts", import.meta.url));
const CONCURRENCY = 50;
/**
 * Before the measure, each of as many visits. V8 and malloc take their time to find out how much
 * room they need (with 10,000 visits a round about five of them), and what they keep is no leak.
 */
const WARM_UP_ROUNDS = 6;
const SETTLE_MS = 5_000;
const CHURNED_WITHIN_MS = 180_000;
const EMPTY_WITHIN_MS = 10_000;
const POLL_MS = 100;

/** @throws {Error} when the visits do not come to an end, or the publish was cut */
export async function runChurn(
  server: LoadedServer,
  connects: number,
  signal: AbortSignal,
  { settleMs = SETTLE_MS } = {},
): Promise<ChurnResult> {
  await churn(server, connects * WARM_UP_ROUNDS, signal);
  await sleep(settleMs, signal);
  const before = await usageOf(server.pid);
  await using memory = new MemoryWatch(server.pid);
  const report = await churn(server, connects, signal);
  const afterChurn = await usageOf(server.pid);
  const clientsLeft = await clientsLeftAt(server, signal);
  await sleep(settleMs, signal);
  const after = await usageOf(server.pid);
  await server.stopSending();
  return {
    ...report,
    server: server.name,
    serverCpuMsPerSecond: cpuMsPerSecond(before, afterChurn),
    residentBytes: {
      before: before.residentBytes,
      after: after.residentBytes,
      max: memory.maxBytes,
    },
    clientsLeft,
  };
}

async function churn(
  { watchUrl }: LoadedServer,
  connects: number,
  signal: AbortSignal,
): Promise<ChurnReport> {
  signal.throwIfAborted();
  const order: ChurnOrder = { url: watchUrl.href, connects, concurrency: CONCURRENCY };
  await using churners = await ServiceProcess.start({
    command: Deno.execPath(),
    args: ["run", "-A", CHURNERS, JSON.stringify(order)],
  });
  const end = () => churners.signal("SIGTERM");
  signal.addEventListener("abort", end, { once: true });
  try {
    const [, report = ""] = await churners.waitFor(/^churned (.*)$/m, CHURNED_WITHIN_MS);
    return JSON.parse(report);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

async function clientsLeftAt({ metrics }: LoadedServer, signal: AbortSignal): Promise<number> {
  const deadlineMs = performance.now() + EMPTY_WITHIN_MS;
  while (true) {
    const { clients_connected: left = NaN } = await metrics();
    if (left === 0 || performance.now() > deadlineMs || signal.aborted) return left;
    await sleep(POLL_MS, signal);
  }
}
