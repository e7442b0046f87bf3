import { epochNowMs } from "@porthole/protocol";
import { expositionOf, type MetricParts } from "@porthole/protocol/metrics";
import { logFor } from "@porthole/protocol/service";
import type { ClientRegistry } from "../client_registry.ts";
import { type ExposedParts, Exposition } from "../exposition.ts";
import { type Metrics, type MetricsTotals, sumOfTotals } from "../metrics.ts";
import { type Overview, type ViewerReport, viewerReports } from "../overview.ts";
import type { ViewerPlayback } from "../playback_reports.ts";
import type { OverviewMessage } from "./mesh_message.ts";
import type { PeerLink } from "./peer_link.ts";
import type { Peers } from "./peers.ts";
import { Questions } from "./questions.ts";

const log = logFor("ingest", "mesh");

/** What an operator asks of all workers together; answers the others' questions too. */
export class SharedOverview implements Overview, Disposable {
  readonly #worker: number;
  readonly #metrics: Metrics;
  readonly #clients: ClientRegistry;
  readonly #exposition: Exposition;
  readonly #totals: Questions<MetricsTotals>;
  readonly #parts: Questions<MetricParts>;
  readonly #playbacks: Questions<readonly ViewerPlayback[]>;
  readonly #viewers: Questions<readonly ViewerReport[]>;

  constructor(peers: Peers, parts: ExposedParts) {
    this.#worker = peers.index;
    this.#metrics = parts.metrics;
    this.#clients = parts.clients;
    this.#exposition = new Exposition(parts);
    this.#totals = new Questions(peers);
    this.#parts = new Questions(peers);
    this.#playbacks = new Questions(peers);
    this.#viewers = new Questions(peers);
  }

  async metrics(): Promise<MetricsTotals> {
    const others = await this.#totals.ask((id) => ({ type: "askMetrics", id }));
    return sumOfTotals([...others, this.#metrics]);
  }

  async exposition(): Promise<string> {
    const asked = this.#parts.ask((id) => ({ type: "askParts", id }));
    return await expositionOf([await this.#exposition.parts(), ...await asked]);
  }

  async playbacks(): Promise<readonly ViewerPlayback[]> {
    const others = await this.#playbacks.ask((id) => ({ type: "askPlaybacks", id }));
    return [...others.flat(), ...this.#playbacksHere()];
  }

  async viewersOf(stream: string): Promise<ViewerReport[]> {
    const others = await this.#viewers.ask((id) => ({ type: "askViewers", id, stream }));
    return [...others.flat(), ...this.#viewersHere(stream)]
      .sort((a, b) => a.connectedAt < b.connectedAt ? -1 : 1);
  }

  receive(message: OverviewMessage, link: PeerLink): void {
    const { id } = message;
    switch (message.type) {
      case "askMetrics":
        return link.tell({ type: "metrics", id, answer: this.#metrics.totals() });
      case "metrics":
        return this.#totals.answered(id, message.answer, link);
      case "askParts":
        return void this.#tellParts(id, link);
      case "parts":
        return this.#parts.answered(id, message.answer, link);
      case "askPlaybacks":
        return link.tell({ type: "playbacks", id, answer: this.#playbacksHere() });
      case "playbacks":
        return this.#playbacks.answered(id, message.answer, link);
      case "askViewers":
        return link.tell({ type: "viewers", id, answer: this.#viewersHere(message.stream) });
      case "viewers":
        return this.#viewers.answered(id, message.answer, link);
    }
  }

  [Symbol.dispose](): void {
    this.#exposition[Symbol.dispose]();
    this.#totals[Symbol.dispose]();
    this.#parts[Symbol.dispose]();
    this.#playbacks[Symbol.dispose]();
    this.#viewers[Symbol.dispose]();
  }

  async #tellParts(id: number, link: PeerLink): Promise<void> {
    try {
      link.tell({ type: "parts", id, answer: await this.#exposition.parts() });
    } catch (cause) {
      log.warn("another worker could not be told the metrics", { cause });
    }
  }

  #playbacksHere(): ViewerPlayback[] {
    return this.#clients.playbacks(epochNowMs());
  }

  #viewersHere(stream: string): ViewerReport[] {
    const worker = this.#worker;
    return viewerReports(this.#clients, stream).map((report) => ({ ...report, worker }));
  }
}
