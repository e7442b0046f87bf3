import { logFor, MisuseError, sleep } from "@porthole/protocol/service";
import type { IngestConfig } from "../config.ts";
import { listenError, withinDescriptors } from "../server.ts";
import { meshPlaces } from "./peers.ts";
import { assertPortIsFree } from "./port_check.ts";
import { WorkerThread } from "./worker_thread.ts";

export interface WorkerPoolOptions {
  readonly config: IngestConfig;
  readonly viewerDirectory: string;
  /** The module that the threads run. */
  readonly workerUrl?: URL;
}

const WORKER_URL = new URL("../worker.ts", import.meta.url);
/** What a worker needs to say goodbye, and a little more; a stop takes two seconds at most. */
const STOP_WITHIN_MS = 1_500;

const log = logFor("ingest", "mesh");

/**
 * Ingest on several threads that share its port. They are equals and talk to each other directly;
 * this one only starts and stops them.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #workers: readonly WorkerThread[];
  #url = "";
  #stopped: Promise<void> | undefined;

  private constructor({ config, viewerDirectory, workerUrl = WORKER_URL }: WorkerPoolOptions) {
    this.#workers = meshPlaces(config.workers).map((place) =>
      new WorkerThread(workerUrl, { place, config, viewerDirectory })
    );
  }

  /**
   * Resolves when all of them listen.
   *
   * @throws {MisuseError} when the address cannot be had, or not by several
   */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const { host, port } = options.config;
    if (Deno.build.os !== "linux") {
      throw new MisuseError(
        "INGEST_WORKERS: only Linux spreads one port over threads; set it to 1",
      );
    }
    try {
      // Another ingest that shares its port would be let in, and get half of the viewers.
      await assertPortIsFree(host, port);
    } catch (cause) {
      throw listenError(cause, { host, port });
    }
    await using undoUnlessServing = new AsyncDisposableStack();
    const config = withinDescriptors(options.config, options.viewerDirectory);
    const pool = undoUnlessServing.use(new WorkerPool({ ...options, config }));
    await pool.#listen(port);
    undoUnlessServing.move();
    return pool;
  }

  get url(): string {
    return this.#url;
  }

  /** Resolves when one of them has ended unasked: the others' viewers miss its publishers. */
  get died(): Promise<Error> {
    return Promise.race(this.#workers.map(({ died }) => died));
  }

  /** All of them say from now on that who is new is better off elsewhere. */
  async sendElsewhere(): Promise<void> {
    // One that has died says nothing any more, and is told of by `died`.
    await Promise.allSettled(this.#workers.map((worker) => worker.drain()));
  }

  /** Everyone is told goodbye, within two seconds. Twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  async #listen(port: number): Promise<void> {
    const [first, ...others] = this.#workers;
    if (first === undefined) throw new RangeError("a pool has one worker at least");
    await Promise.all(this.#workers.map((worker) => worker.ready()));
    this.#url = await first.listen(port);
    const taken = Number(new URL(this.#url).port || 80);
    await Promise.all(others.map((worker) => worker.listen(taken)));
  }

  async #stop(): Promise<void> {
    const stopped = new AbortController();
    const stopping = Promise.allSettled(this.#workers.map((worker) => worker.stop()))
      .finally(() => stopped.abort());
    await Promise.race([stopping, sleep(STOP_WITHIN_MS, stopped.signal)]);
    if (!stopped.signal.aborted) log.warn("workers did not stop in time and are cut off");
    for (const worker of this.#workers) worker[Symbol.dispose]();
  }
}
