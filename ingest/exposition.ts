import {
  epochNowMs,
  JPEG_RENDITION,
  LOW_RENDITION,
  MAIN_RENDITION,
  SOURCE_RENDITION,
} from "@porthole/protocol";
import {
  addProcessMetrics,
  type MetricParts,
  type MetricsRegistry,
  type Sample,
} from "@porthole/protocol/metrics";
import type { ClientRegistry } from "./client_registry.ts";
import type { Hub } from "./hub.ts";
import type { MemoryGuard } from "./limits/memory_guard.ts";
import { type CounterField, COUNTERS, DISCARD_CAUSES, GAUGES, type Metrics } from "./metrics.ts";
import type { StreamRegistry } from "./stream_registry.ts";

export interface ExposedParts {
  readonly registry: MetricsRegistry;
  readonly metrics: Metrics;
  readonly streams: StreamRegistry;
  readonly clients: ClientRegistry;
  readonly memory: MemoryGuard;
}

/** Told by cause, and so not by themselves. */
const BY_CAUSE: ReadonlySet<CounterField> = new Set<CounterField>([
  "framesDiscarded",
  "workerFramesDiscarded",
  "clientsRefused",
  "clientsRefusedOverMemory",
]);
/** Publishers may call theirs what they like; labels must not. */
const RENDITIONS = [SOURCE_RENDITION, MAIN_RENDITION, LOW_RENDITION, JPEG_RENDITION];
const OTHER_RENDITION = "other";

/**
 * What one worker tells Prometheus. All of it is plain numbers that are looked at here, when somebody
 * asks; but for how late pictures are (`ages.ts`).
 */
export class Exposition implements Disposable {
  readonly #parts: ExposedParts;
  readonly #process: Disposable;

  constructor(parts: ExposedParts) {
    this.#parts = parts;
    const { registry } = parts;
    this.#addTotals();
    this.#addDiscards();
    this.#addStreams();
    this.#addNow();
    this.#process = addProcessMetrics(registry);
  }

  parts(): Promise<MetricParts> {
    return this.#parts.registry.parts();
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }

  #addTotals(): void {
    const { registry, metrics } = this.#parts;
    for (const [name, field, help] of COUNTERS) {
      if (BY_CAUSE.has(field)) continue;
      registry.addCounter({ name: `porthole_${name}_total`, help, read: () => metrics[field] });
    }
    for (const [name, field, help] of GAUGES) {
      registry.addGauge({ name: `porthole_${name}`, help, read: () => metrics[field] });
    }
  }

  #addDiscards(): void {
    const { registry, metrics } = this.#parts;
    registry.addCounter({
      name: "porthole_frames_discarded_total",
      help: "Frames that viewers did not get, by why: SPEC.md, section 8.",
      labelNames: ["cause"],
      read: () => [
        ...DISCARD_CAUSES.map((cause) => sample({ cause }, metrics.discardedBy[cause])),
        sample({ cause: "worker_behind" }, metrics.workerFramesDiscarded),
      ],
    });
    registry.addCounter({
      name: "porthole_clients_refused_total",
      help: "Viewers refused: by a limit of their number, or for want of memory.",
      labelNames: ["cause"],
      read: () => {
        const { clientsRefused, clientsRefusedOverMemory } = metrics;
        return [
          sample({ cause: "limit" }, clientsRefused - clientsRefusedOverMemory),
          sample({ cause: "memory" }, clientsRefusedOverMemory),
        ];
      },
    });
  }

  #addStreams(): void {
    const { registry, streams, clients } = this.#parts;
    const each = (valueOf: (hub: Hub) => number | undefined) => (): Sample[] =>
      streams.published().flatMap((hub) => {
        const value = valueOf(hub);
        return value === undefined ? [] : [sample({ stream: hub.id }, value)];
      });
    const labelNames = ["stream"];
    registry.addCounter({
      name: "porthole_stream_frames_received_total",
      help: "Frames taken from the stream's publisher, all renditions together.",
      ...{ labelNames, read: each(({ account }) => account.framesReceived) },
    });
    registry.addCounter({
      name: "porthole_stream_bytes_received_total",
      help: "Bytes of messages with frames taken from the stream's publisher.",
      ...{ labelNames, read: each(({ account }) => account.bytesReceived) },
    });
    registry.addGauge({
      name: "porthole_stream_live",
      help: "1 while pictures of the stream come, 0 while they should and do not; none on standby.",
      // Every worker has every stream.
      ...{ labelNames, across: "max" },
      read: each(liveness),
    });
    registry.addGauge({
      name: "porthole_uplink_rtt_seconds",
      help: "There and back to the stream's publisher, the shortest of late.",
      ...{ labelNames, across: "max" },
      read: each(({ roundTripMs }) => roundTripMs === undefined ? undefined : roundTripMs / 1000),
    });
    registry.addGauge({
      name: "porthole_stream_viewers",
      help: "Viewers of the stream connected now.",
      labelNames,
      read: () => {
        const counts = clients.countsHere();
        return each(({ id }) => counts.get(id) ?? 0)();
      },
    });
    registry.addGauge({
      name: "porthole_renditions_running",
      help: "Renditions that frames come of, all streams together.",
      ...{ labelNames: ["rendition"], across: "max" },
      read: () => renditionsRunning(streams.published()),
    });
  }

  #addNow(): void {
    const { registry, clients, memory } = this.#parts;
    registry.addGauge({
      name: "porthole_queue_bytes",
      help: "Bytes that wait in ingest for viewers who are slow to take them.",
      read: () => clients.queuedBytes,
    });
    registry.addGauge({
      name: "porthole_memory_limit_bytes",
      help: "Memory that ingest may hold: MAX_MEMORY_MB, or what its container allows.",
      ...{ across: "max", read: () => memory.limitBytes },
    });
    registry.addGauge({
      name: "porthole_over_memory",
      help: "1 while new viewers are refused for want of memory, else 0.",
      ...{ across: "max", read: () => memory.isOver ? 1 : 0 },
    });
  }
}

function renditionsRunning(hubs: readonly Hub[]): Sample[] {
  const counts = new Map([...RENDITIONS, OTHER_RENDITION].map((name) => [name, 0]));
  for (const name of hubs.filter(isLive).flatMap(({ running }) => [...running])) {
    const rendition = RENDITIONS.includes(name) ? name : OTHER_RENDITION;
    counts.set(rendition, (counts.get(rendition) ?? 0) + 1);
  }
  return [...counts].map(([rendition, value]) => sample({ rendition }, value));
}

/** A camera that sleeps until somebody watches lacks nothing. */
function liveness(hub: Hub): number | undefined {
  const { state, standby } = hub.state(epochNowMs());
  return standby === true ? undefined : state === "live" ? 1 : 0;
}

function isLive(hub: Hub): boolean {
  return hub.state(epochNowMs()).state === "live";
}

function sample(labels: Record<string, string>, value: number): Sample {
  return { labels, value };
}
