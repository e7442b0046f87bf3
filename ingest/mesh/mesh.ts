import { ClientRegistry } from "../client_registry.ts";
import type { ClientLimits } from "../config.ts";
import type { ExposedParts } from "../exposition.ts";
import type { MeshMessage } from "./mesh_message.ts";
import type { PeerLink } from "./peer_link.ts";
import { type MeshPlace, Peers } from "./peers.ts";
import { SharedOverview } from "./shared_overview.ts";
import { SharedStreams } from "./shared_streams.ts";

/**
 * One worker among equals: what it shares with the others, each of which has one of these. They
 * start knowing of nobody, so all must be there before the first of them serves.
 */
export class Mesh implements Disposable {
  readonly clients: ClientRegistry;
  readonly targets: SharedStreams;
  readonly overview: SharedOverview;
  readonly #peers: Peers;

  constructor(place: MeshPlace, limits: ClientLimits, parts: Omit<ExposedParts, "clients">) {
    const { streams, metrics } = parts;
    const peers = new Peers(place);
    this.#peers = peers;
    this.clients = new ClientRegistry(
      limits,
      (change) => peers.tell({ type: "client", ...change }),
    );
    this.targets = new SharedStreams(streams, peers, metrics);
    this.overview = new SharedOverview(peers, { ...parts, clients: this.clients });
    peers.listen((message, link) => this.#receive(message, link));
  }

  /** Nothing is told or heard any more; the clients' registry stays. Twice is fine. */
  [Symbol.dispose](): void {
    this.overview[Symbol.dispose]();
    this.#peers[Symbol.dispose]();
  }

  #receive(message: MeshMessage, link: PeerLink): void {
    switch (message.type) {
      case "publisher":
      case "detached":
      case "frame":
      case "post":
      case "replay":
      case "demand":
        return this.targets.receive(message, link);
      case "client":
        return this.clients.countElsewhere(message);
      case "askMetrics":
      case "metrics":
      case "askParts":
      case "parts":
      case "askPlaybacks":
      case "playbacks":
      case "askViewers":
      case "viewers":
        return this.overview.receive(message, link);
      case "taken":
        return;
    }
  }
}
