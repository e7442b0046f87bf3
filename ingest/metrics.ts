/** Names, fields and what they count; each is a total since the start. */
const COUNTERS = [
  ["frames_received", "framesReceived", "Frames taken from publishers."],
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
] as const;

/** Everything that is counted, as one worker tells it to another. */
export type MetricsTotals = Readonly<
  Record<(typeof COUNTERS)[number][1] | "clientsConnected", number>
>;

/** Totals since the start, and what is there now. */
export class Metrics implements MetricsTotals {
  framesReceived = 0;
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

  static sumOf(parts: Iterable<MetricsTotals>): Metrics {
    const sum = new Metrics();
    for (const part of parts) {
      for (const [, field] of COUNTERS) sum[field] += part[field];
      sum.clientsConnected += part.clientsConnected;
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
      ...Object.fromEntries(COUNTERS.map(([name, field]) => [name, this[field]])),
      clients_connected: this.clientsConnected,
      timestamp: Math.floor(nowMs / 1000),
    };
  }

  /** Prometheus text exposition format 0.0.4. */
  toPrometheus(): string {
    const lines = COUNTERS.flatMap(([name, field, help]) => [
      `# HELP porthole_${name}_total ${help}`,
      `# TYPE porthole_${name}_total counter`,
      `porthole_${name}_total ${this[field]}`,
    ]);
    return [
      ...lines,
      "# HELP porthole_clients_connected Viewers connected now.",
      "# TYPE porthole_clients_connected gauge",
      `porthole_clients_connected ${this.clientsConnected}`,
      "",
    ].join("\n");
  }
}
