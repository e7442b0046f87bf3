import type { CameraStatus } from "@porthole/protocol";
import { logFor, sleep } from "@porthole/protocol/service";
import type { ProducerConfig } from "./config.ts";

/** Keeps one camera published until `signal` is aborted, and resolves when all of it has ended. */
export type Produce = (
  config: ProducerConfig,
  onStatus: (status: CameraStatus) => void,
  signal: AbortSignal,
) => Promise<void>;

/** One camera as it is now. */
export interface FleetCamera {
  readonly config: ProducerConfig;
  readonly status: CameraStatus;
}

/** Which cameras an edit has touched, by id. */
export interface FleetChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

interface Owner {
  readonly config: ProducerConfig;
  /** All that the camera depends on, to be compared. */
  readonly fingerprint: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  status: CameraStatus;
}

const STARTING: CameraStatus = { type: "status", state: "connecting", cause: "" };
/** An owner that ended of itself has a fault: trying at once would only repeat it. */
const AFTER_FAULT_MS = 5_000;

const log = logFor("producer", "cameras");

/**
 * Many cameras, an owner each: what happens to one of them touches no other. `apply` says which
 * there are to be; dispose ends all.
 */
export class CameraFleet implements AsyncDisposable {
  readonly #produce: Produce;
  readonly #owners = new Map<string, Owner>();
  /** Those that are ending. A camera of the same id waits for the one before it. */
  readonly #endings = new Map<string, Promise<void>>();

  constructor(produce: Produce) {
    this.#produce = produce;
  }

  /** In the order they came. */
  get cameras(): readonly FleetCamera[] {
    return [...this.#owners.values()];
  }

  get(id: string): FleetCamera | undefined {
    return this.#owners.get(id);
  }

  /** These cameras and no others; those that are as before go on as they are. */
  apply(configs: readonly ProducerConfig[]): FleetChange {
    const wanted = new Map(configs.map((config) => [config.uplink.streamId, config]));
    const removed = [...this.#owners.keys()].filter((id) => !wanted.has(id));
    const added: string[] = [];
    const changed: string[] = [];
    for (const id of removed) this.#end(id);
    for (const [id, config] of wanted) {
      const fingerprint = JSON.stringify(config);
      const owner = this.#owners.get(id);
      if (owner?.fingerprint === fingerprint) continue;
      (owner === undefined ? added : changed).push(id);
      this.#end(id);
      this.#start(id, config, fingerprint);
    }
    return { added, changed, removed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of [...this.#owners.keys()]) this.#end(id);
    await Promise.all(this.#endings.values());
  }

  #start(id: string, config: ProducerConfig, fingerprint: string): void {
    const abort = new AbortController();
    const onStatus = (status: CameraStatus) => void (owner.status = status);
    const before = this.#endings.get(id) ?? Promise.resolve();
    const ended = before.then(() => this.#own(config, onStatus, abort.signal));
    const owner: Owner = { config, fingerprint, abort, ended, status: STARTING };
    this.#owners.set(id, owner);
  }

  #end(id: string): void {
    const owner = this.#owners.get(id);
    if (owner === undefined) return;
    this.#owners.delete(id);
    owner.abort.abort();
    const ending = owner.ended.then(() => {
      if (this.#endings.get(id) === ending) this.#endings.delete(id);
    });
    this.#endings.set(id, ending);
  }

  /** Never rejects: a fault in one owner is no reason to end the others. */
  async #own(
    config: ProducerConfig,
    onStatus: (status: CameraStatus) => void,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#produce(config, onStatus, signal);
      } catch (cause) {
        const { streamId } = config.uplink;
        log.error("a camera's owner failed and is started anew", { cause, stream: streamId });
        await sleep(AFTER_FAULT_MS, signal);
      }
    }
  }
}
