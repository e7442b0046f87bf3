/** Names, fields and what they count; each is a total since the start. */
const COUNTERS = [
  ["frames_received", "framesReceived", "Frames taken from publishers."],
  ["frames_replayed", "framesReplayed", "Frames of those received that had come before."],
  [
    "publisher_frames_discarded",
    "publisherFramesDiscarded",
    "Frames publishers discarded, by the steps of their numbers: the way to ingest was too slow.",
  ],
  ["bytes_processed", "bytesProcessed", "Bytes of messages taken from publishers."],
  ["frames_sent", "framesSent", "Frames handed to viewers."],
  ["bytes_sent", "bytesSent", "Bytes of frames handed to viewers."],
  ["frames_discarded", "framesDiscarded", "Frames viewers lost by being behind."],
  [
    "worker_frames_discarded",
    "workerFramesDiscarded",
    "Frames another worker was not handed because it was behind.",
  ],
  ["publishes_rejected", "publishesRejected", "Publishes refused for what was in them."],
  ["clients_refused", "clientsRefused", "Viewers refused by a limit."],
  ["clients_given_up", "clientsGivenUp", "Viewers cut off because they read no more."],
  ["connections_refused", "connectionsRefused", "Connections refused by a limit."],
  ["connections_cut", "connectionsCut", "Connections cut for being too slow to ask or to read."],
  ["requests_refused", "requestsRefused", "Requests refused by the rate of their address."],
  ["streams_refused", "streamsRefused", "Publishes refused for there being too many streams."],
  ["publishes_limited", "publishesLimited", "Publishes ended for being too fast or too slow."],
  ["caches_given_up", "cachesGivenUp", "Groups of pictures not kept for want of memory."],
  ["tls_failures", "tlsFailures", "Connections that ended before their TLS handshake did."],
] as const;

/** What is there now. */
const GAUGES = [
  ["clients_connected", "clientsConnected", "Viewers connected now."],
  ["connections_open", "connectionsOpen", "Connections open now, whatever they are for."],
  ["cache_bytes", "cacheBytes", "Bytes of pictures kept now for those who join."],
] as const;

type CounterField = (typeof COUNTERS)[number][1];
type GaugeField = (typeof GAUGES)[number][1];

/** Everything that is counted, as one worker tells it to another. */
export type MetricsTotals = Readonly<Record<CounterField | GaugeField, number>>;

/** Totals since the start, and what is there now. */
export class Metrics implements MetricsTotals {
  framesReceived = 0;
  /** Of those, the ones that a publisher that came back had sent before. */
  framesReplayed = 0;
  /** Frames that never came: their publishers were too slow to send them. */
  publisherFramesDiscarded = 0;
  bytesProcessed = 0;
  framesSent = 0;
  bytesSent = 0;
  /** Frames a viewer did not get because it was behind. */
  framesDiscarded = 0;
  /** Frames all viewers of another worker did not get because that worker was behind. */
  workerFramesDiscarded = 0;
  /** Publishes refused for what was in them. */
  publishesRejected = 0;
  clientsConnected = 0;
  clientsRefused = 0;
  /** Viewers cut off because they read no more. */
  clientsGivenUp = 0;
  connectionsRefused = 0;
  connectionsCut = 0;
  requestsRefused = 0;
  streamsRefused = 0;
  publishesLimited = 0;
  cachesGivenUp = 0;
  tlsFailures = 0;
  connectionsOpen = 0;
  /** Of the pictures kept for those who join. */
  cacheBytes = 0;

  static sumOf(parts: Iterable<MetricsTotals>): Metrics {
    const sum = new Metrics();
    for (const part of parts) {
      for (const [, field] of [...COUNTERS, ...GAUGES]) sum[field] += part[field];
    }
    return sum;
  }

  /** As plain data: it can be posted to another thread. */
  totals(): MetricsTotals {
    return { ...this };
  }

  /** Names and values; counters end as Prometheus wants counters to end only in its own format. */
  snapshot(nowMs: number): Readonly<Record<string, number>> {
    return {
      ...Object.fromEntries([...COUNTERS, ...GAUGES].map(([name, field]) => [name, this[field]])),
      timestamp: Math.floor(nowMs / 1000),
    };
  }

  /** Prometheus text exposition format 0.0.4. */
  toPrometheus(): string {
    const counters = COUNTERS.flatMap(([name, field, help]) => [
      `# HELP porthole_${name}_total ${help}`,
      `# TYPE porthole_${name}_total counter`,
      `porthole_${name}_total ${this[field]}`,
    ]);
    const gauges = GAUGES.flatMap(([name, field, help]) => [
      `# HELP porthole_${name} ${help}`,
      `# TYPE porthole_${name} gauge`,
      `porthole_${name} ${this[field]}`,
    ]);
    return [...counters, ...gauges, ""].join("\n");
  }
}
