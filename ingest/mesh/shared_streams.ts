import { epochNowMs } from "@porthole/protocol";
import type { Hub } from "../hub.ts";
import type { Metrics } from "../metrics.ts";
import type { PublishTargets } from "../publish_target.ts";
import type { StreamRegistry } from "../stream_registry.ts";
import type { StreamNews } from "./mesh_message.ts";
import type { PeerLink } from "./peer_link.ts";
import type { Peers } from "./peers.ts";
import { SharedStream } from "./shared_stream.ts";

/** The streams of all workers: each of them has each. */
export class SharedStreams implements PublishTargets {
  readonly #streams: StreamRegistry;
  readonly #peers: Peers;
  readonly #metrics: Metrics;
  /** They go with their hubs, which the registry lets go once nobody uses them. */
  readonly #shared = new WeakMap<Hub, SharedStream>();

  constructor(streams: StreamRegistry, peers: Peers, metrics: Metrics) {
    this.#streams = streams;
    this.#peers = peers;
    this.#metrics = metrics;
  }

  get(id: string): SharedStream | undefined {
    const hub = this.#streams.get(id);
    return hub === undefined ? undefined : this.#of(hub);
  }

  open(id: string): SharedStream {
    return this.#of(this.#streams.open(id));
  }

  /** What another worker says of a stream. */
  receive(news: StreamNews, link: PeerLink): void {
    const begins = news.type === "publisher" || news.type === "post";
    // How many there may be is for the worker to say that a publisher came to.
    const stream = begins ? this.#of(this.#streams.waitFor(news.stream)) : this.get(news.stream);
    stream?.receive(news, link, epochNowMs());
  }

  #of(hub: Hub): SharedStream {
    const known = this.#shared.get(hub);
    if (known !== undefined) return known;
    const stream = new SharedStream(hub, this.#peers, this.#metrics);
    this.#shared.set(hub, stream);
    return stream;
  }
}
