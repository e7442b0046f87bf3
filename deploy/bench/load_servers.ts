import { fileURLToPath } from "node:url";
import { ServiceProcess } from "../testing/process.ts";
import { startIngest } from "../testing/services.ts";
import type { PublisherOrder, PublisherReport } from "./load_publisher.ts";

/** What is sent, and the longest time for it: children that are left behind end by then. */
export interface Pace {
  readonly fps: number;
  readonly frameBytes: number;
  readonly maxSeconds: number;
}

/** A server that sends frames to whoever connects, and what makes it send them. */
export interface LoadedServer extends AsyncDisposable {
  readonly name: string;
  /** Of its WebSocket, by `http:`. */
  readonly watchUrl: URL;
  readonly pid: number;
  /** Its viewers say hello and acknowledge, as ours do. */
  readonly hearsViewers: boolean;
  /** Counters of `/metrics`; none at a yardstick. */
  metrics(): Promise<Readonly<Record<string, number>>>;
  /**
   * Ends what makes it send. Frames given up before they came to the server: 0 at a yardstick.
   *
   * @throws {Error} when that ended before, with its reason
   */
  stopSending(): Promise<number>;
}

const NAIVE_DENO = fileURLToPath(new URL("./naive_deno.ts", import.meta.url));
const NAIVE_NODE = fileURLToPath(new URL("./naive_node.mjs", import.meta.url));
const PUBLISHER = fileURLToPath(new URL("./load_publisher.ts", import.meta.url));

const STREAM_ID = "bench";
const LISTENS = /^listens url=(\S+)$/m;
const PUBLISHED = /^published (.*)$/m;
const STOP_WITHIN_MS = 5_000;
/** Every viewer comes from one address here. */
const MAX_CLIENTS = "100000";

/** The real ingest, by its task's own arguments, with a live publish from a process of its own. */
export async function startPorthole(
  pace: Pace,
  { name = "porthole", env = {} }: {
    readonly name?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<LoadedServer> {
  await using undo = new AsyncDisposableStack();
  const ingest = undo.use(
    await startIngest({
      env: { MAX_CLIENTS, MAX_CLIENTS_PER_ADDRESS: MAX_CLIENTS, ...env },
    }),
  );
  const order: PublisherOrder = { ingestUrl: ingest.url, streamId: STREAM_ID, ...pace };
  const publisher = undo.use(
    await ServiceProcess.start({
      command: Deno.execPath(),
      args: ["run", "-A", PUBLISHER, JSON.stringify(order)],
      ready: /^publishing$/m,
    }),
  );
  const children = undo.move();
  return {
    name,
    watchUrl: new URL(`ws/${STREAM_ID}`, ingest.url),
    pid: ingest.process.pid,
    hearsViewers: true,
    metrics: () => metricsOf(ingest.url),
    async stopSending() {
      publisher.signal("SIGTERM");
      const [, report = ""] = await publisher.waitFor(PUBLISHED, STOP_WITHIN_MS);
      const { discarded }: PublisherReport = JSON.parse(report);
      return discarded;
    },
    [Symbol.asyncDispose]: () => children.disposeAsync(),
  };
}

/** What the viewers of a yardstick do besides reading. It ignores what they say. */
export interface NaiveViewers {
  readonly acknowledge: boolean;
}

export function startNaiveDeno(pace: Pace, viewers: NaiveViewers): Promise<LoadedServer> {
  const args = ["run", "--allow-net=127.0.0.1", NAIVE_DENO, JSON.stringify(pace)];
  return startNaive("naive, Deno", Deno.execPath(), args, viewers);
}

/** Needs `node`: {@link assertNode}. */
export async function startNaiveNode(pace: Pace, viewers: NaiveViewers): Promise<LoadedServer> {
  // Deno's own copy of the package, wherever that lies; the import is what has it fetched.
  await import("ws");
  const args = [NAIVE_NODE, import.meta.resolve("ws"), JSON.stringify(pace)];
  return startNaive("naive, Node ws", "node", args, viewers);
}

async function startNaive(
  name: string,
  command: string,
  args: readonly string[],
  { acknowledge }: NaiveViewers,
): Promise<LoadedServer> {
  const process = await ServiceProcess.start({ command, args, ready: LISTENS });
  return {
    name: acknowledge ? `${name}, acked` : name,
    watchUrl: new URL(LISTENS.exec(process.output)?.[1] ?? ""),
    pid: process.pid,
    hearsViewers: acknowledge,
    metrics: () => Promise.resolve({}),
    stopSending: () => Promise.resolve(0),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

async function metricsOf(ingestUrl: string): Promise<Record<string, number>> {
  const response = await fetch(new URL("metrics", ingestUrl), {
    signal: AbortSignal.timeout(STOP_WITHIN_MS),
  });
  return await response.json();
}

/** @throws {Error} that says what to do, when there is no `node` */
export async function assertNode(): Promise<void> {
  try {
    await new Deno.Command("node", { args: ["--version"], stdout: "null" }).output();
  } catch (cause) {
    throw new Error(
      "the yardstick naive_node.mjs needs `node`, and it cannot be run: install Node.js 20 or " +
        "newer, or leave that yardstick out by --without-node",
      { cause },
    );
  }
}
