/** Totals since the start, and what is there now. */
export class Metrics {
  framesReceived = 0;
  bytesProcessed = 0;
  framesSent = 0;
  bytesSent = 0;
  /** Frames a viewer did not get because it was behind. */
  framesDiscarded = 0;
  /** Publishes refused for what was in them. */
  publishesRejected = 0;
  clientsConnected = 0;
  clientsRefused = 0;
  /** Viewers cut off because they read no more. */
  clientsGivenUp = 0;

  /** Names and values; counters end as Prometheus wants counters to end only in its own format. */
  snapshot(nowMs: number): Readonly<Record<string, number>> {
    return {
      frames_received: this.framesReceived,
      clients_connected: this.clientsConnected,
      bytes_processed: this.bytesProcessed,
      timestamp: Math.floor(nowMs / 1000),
      frames_sent: this.framesSent,
      bytes_sent: this.bytesSent,
      frames_discarded: this.framesDiscarded,
      publishes_rejected: this.publishesRejected,
      clients_refused: this.clientsRefused,
      clients_given_up: this.clientsGivenUp,
    };
  }

  /** Prometheus text exposition format 0.0.4. */
  toPrometheus(): string {
    const counters = [
      ["frames_received", "Frames taken from publishers.", this.framesReceived],
      ["bytes_processed", "Bytes of messages taken from publishers.", this.bytesProcessed],
      ["frames_sent", "Frames handed to viewers.", this.framesSent],
      ["bytes_sent", "Bytes of frames handed to viewers.", this.bytesSent],
      ["frames_discarded", "Frames viewers lost by being behind.", this.framesDiscarded],
      ["publishes_rejected", "Publishes refused for what was in them.", this.publishesRejected],
      ["clients_refused", "Viewers refused by a limit.", this.clientsRefused],
      ["clients_given_up", "Viewers cut off because they read no more.", this.clientsGivenUp],
    ] as const;
    const lines = counters.flatMap(([name, help, value]) => [
      `# HELP porthole_${name}_total ${help}`,
      `# TYPE porthole_${name}_total counter`,
      `porthole_${name}_total ${value}`,
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
