import { epochNowMs } from "@porthole/protocol";
import { Mesh } from "../mesh/mesh.ts";
import { type MeshPlace, meshPlaces } from "../mesh/peers.ts";
import { MetricsRegistry } from "@porthole/protocol/metrics";
import { MemoryGuard } from "../limits/memory_guard.ts";
import { Metrics } from "../metrics.ts";
import type { Hub } from "../hub.ts";
import { StreamRegistry } from "../stream_registry.ts";
import type { SharedStream } from "../mesh/shared_stream.ts";
import { RecordingPublisher, RecordingWatcher } from "./doubles.ts";

/** What several workers share, without their HTTP; all on this thread. */
export class MeshWorkers implements Disposable {
  readonly #workers: readonly MeshWorker[];

  constructor(count: number) {
    this.#workers = meshPlaces(count).map((place) => new MeshWorker(place));
  }

  /** @throws {RangeError} when there is no such worker */
  worker(index: number): MeshWorker {
    const worker = this.#workers[index];
    if (worker === undefined) throw new RangeError(`there is no worker ${index}`);
    return worker;
  }

  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker[Symbol.dispose]();
  }
}

/** One of them. */
export class MeshWorker implements Disposable {
  readonly streams = new StreamRegistry();
  readonly metrics = new Metrics();
  readonly #memory = new MemoryGuard({ limitBytes: Infinity });
  readonly mesh: Mesh;

  constructor(place: MeshPlace) {
    const limits = { maxClients: 10, maxClientsPerAddress: 3 };
    const { streams, metrics } = this;
    const registry = new MetricsRegistry();
    this.mesh = new Mesh(place, limits, { registry, streams, metrics, memory: this.#memory });
  }

  /** What a producer that comes here publishes to. */
  target(stream = "cam"): SharedStream {
    return this.mesh.targets.open(stream);
  }

  /** What viewers here watch. */
  hub(stream = "cam"): Hub {
    return this.streams.waitFor(stream);
  }

  publish(offers: readonly string[] = []): RecordingPublisher {
    const publisher = new RecordingPublisher();
    publisher.offers = offers;
    this.target().attach(publisher, epochNowMs());
    return publisher;
  }

  /** Resolves when all that was told by others and to them has been heard: channels keep order. */
  async hearsAll(): Promise<void> {
    await this.mesh.overview.metrics();
  }

  watch(rendition = "main"): RecordingWatcher & Disposable {
    const watcher = new DisposableWatcher();
    watcher.watching = this.hub().watch(rendition, watcher, epochNowMs());
    return watcher;
  }

  [Symbol.dispose](): void {
    this.mesh[Symbol.dispose]();
    this.#memory[Symbol.dispose]();
    this.mesh.clients[Symbol.dispose]();
    this.streams[Symbol.dispose]();
  }
}

class DisposableWatcher extends RecordingWatcher implements Disposable {
  watching: Disposable | undefined;

  [Symbol.dispose](): void {
    this.watching?.[Symbol.dispose]();
  }
}
