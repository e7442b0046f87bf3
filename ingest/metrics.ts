/** Names, fields and what they count; each is a total since the start. */
export const COUNTERS = [
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
  ["publishes_refused", "publishesRefused", "Publishes of new streams refused for want of memory."],
  ["clients_refused", "clientsRefused", "Viewers refused by a limit, or for want of memory."],
  [
    "clients_refused_over_memory",
    "clientsRefusedOverMemory",
    "Of those the ones for want of memory.",
  ],
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
export const GAUGES = [
  ["clients_connected", "clientsConnected", "Viewers connected now."],
  ["connections_open", "connectionsOpen", "Connections open now, whatever they are for."],
  ["cache_bytes", "cacheBytes", "Bytes of pictures kept now for those who join."],
] as const;

export type CounterField = (typeof COUNTERS)[number][1];
export type GaugeField = (typeof GAUGES)[number][1];

/**
 * Why a viewer lost a frame: it was behind, up to a keyframe; a newer JPEG took its place; or it had
 * become too old while it waited for room.
 */
export const DISCARD_CAUSES = ["behind", "replaced", "outdated"] as const;
export type DiscardCause = (typeof DISCARD_CAUSES)[number];

/** Everything that is counted, as one worker tells it to another. */
export type MetricsTotals = Readonly<Record<CounterField | GaugeField, number>>;

/** Totals since the start, and what is there now: plain numbers, for who adds to them is busy. */
export class Metrics implements MetricsTotals {
  framesReceived = 0;
  /** Of those, the ones that a publisher that came back had sent before. */
  framesReplayed = 0;
  /** Frames that never came: their publishers were too slow to send them. */
  publisherFramesDiscarded = 0;
  bytesProcessed = 0;
  framesSent = 0;
  bytesSent = 0;
  /** Frames a viewer did not get because it was behind, whatever followed of that. */
  framesDiscarded = 0;
  /** The same by cause. */
  readonly discardedBy: Record<DiscardCause, number> = { behind: 0, replaced: 0, outdated: 0 };
  /** Frames all viewers of another worker did not get because that worker was behind. */
  workerFramesDiscarded = 0;
  /** Publishes refused for what was in them. */
  publishesRejected = 0;
  /** Publishes of new streams refused for want of memory. */
  publishesRefused = 0;
  clientsConnected = 0;
  clientsRefused = 0;
  clientsRefusedOverMemory = 0;
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

  /** As plain data: it can be posted to another thread. */
  totals(): MetricsTotals {
    return sumOfTotals([this]);
  }
}

export function sumOfTotals(parts: readonly MetricsTotals[]): MetricsTotals {
  const fields = [...COUNTERS, ...GAUGES].map(([, field]) => field);
  const sum = (field: keyof MetricsTotals) => parts.reduce((all, part) => all + part[field], 0);
  return Object.fromEntries(fields.map((field) => [field, sum(field)])) as MetricsTotals;
}

/** For `/metrics` as JSON: names and values. Counters end in `_total` in Prometheus's text alone. */
export function snapshotOf(
  totals: MetricsTotals,
  nowMs: number,
): Readonly<Record<string, number>> {
  return {
    ...Object.fromEntries([...COUNTERS, ...GAUGES].map(([name, field]) => [name, totals[field]])),
    timestamp: Math.floor(nowMs / 1000),
  };
}
