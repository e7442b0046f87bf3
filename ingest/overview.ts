import { epochNowMs } from "@porthole/protocol";
import type { ClientRegistry, ClientReport } from "./client_registry.ts";
import type { Metrics } from "./metrics.ts";
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
export interface Overview {
  metrics(): Promise<Metrics>;
  /** Of all viewers who say how they play, whatever they watch. */
  playbacks(): Promise<readonly ViewerPlayback[]>;
  /** First come first. */
  viewersOf(streamId: string): Promise<ViewerReport[]>;
}

/** Of an ingest that is one worker, or of one worker's own. */
export class LocalOverview implements Overview {
  readonly #metrics: Metrics;
  readonly #clients: ClientRegistry;

  constructor(metrics: Metrics, clients: ClientRegistry) {
    this.#metrics = metrics;
    this.#clients = clients;
  }

  metrics(): Promise<Metrics> {
    return Promise.resolve(this.#metrics);
  }

  playbacks(): Promise<readonly ViewerPlayback[]> {
    return Promise.resolve(this.#clients.playbacks(epochNowMs()));
  }

  viewersOf(streamId: string): Promise<ViewerReport[]> {
    return Promise.resolve(viewerReports(this.#clients, streamId));
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
