import { epochNowMs } from "@porthole/protocol";
import type { ClientRegistry, ClientReport } from "./client_registry.ts";
import { expositionOf } from "@porthole/protocol/metrics";
import { type ExposedParts, Exposition } from "./exposition.ts";
import type { Metrics, MetricsTotals } from "./metrics.ts";
import type { ViewerPlayback } from "./playback_reports.ts";

/** One viewer, as an operator sees it. */
export interface ViewerReport extends ClientReport {
  readonly address: string;
  /** ISO 8601 */
  readonly connectedAt: string;
  /** Which worker serves it, where there are several. */
  readonly worker?: number;
}

/** What an operator asks of the whole of ingest, whichever worker answers. */
export interface Overview extends Disposable {
  metrics(): Promise<MetricsTotals>;
  /** For Prometheus, but what viewers say of themselves. */
  exposition(): Promise<string>;
  /** Of all viewers who say how they play, whatever they watch. */
  playbacks(): Promise<readonly ViewerPlayback[]>;
  /** First come first. */
  viewersOf(streamId: string): Promise<ViewerReport[]>;
}

/** Of an ingest that is one worker, or of one worker's own. */
export class LocalOverview implements Overview {
  readonly #metrics: Metrics;
  readonly #clients: ClientRegistry;
  readonly #exposition: Exposition;

  constructor(parts: ExposedParts) {
    this.#metrics = parts.metrics;
    this.#clients = parts.clients;
    this.#exposition = new Exposition(parts);
  }

  metrics(): Promise<MetricsTotals> {
    return Promise.resolve(this.#metrics.totals());
  }

  async exposition(): Promise<string> {
    return await expositionOf([await this.#exposition.parts()]);
  }

  playbacks(): Promise<readonly ViewerPlayback[]> {
    return Promise.resolve(this.#clients.playbacks(epochNowMs()));
  }

  viewersOf(streamId: string): Promise<ViewerReport[]> {
    return Promise.resolve(viewerReports(this.#clients, streamId));
  }

  [Symbol.dispose](): void {
    this.#exposition[Symbol.dispose]();
  }
}

/** Of those who are connected here. */
export function viewerReports(clients: ClientRegistry, streamId: string): ViewerReport[] {
  const nowMs = epochNowMs();
  return clients.viewersOf(streamId).map(({ client, address, connectedAtMs }) => ({
    address,
    connectedAt: new Date(connectedAtMs).toISOString(),
    ...client.report(nowMs),
  }));
}
