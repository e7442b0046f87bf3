import { DropPolicy, MAX_GOP_BYTES, renditionOf } from "@porthole/protocol";
import type { Metrics } from "../metrics.ts";
import type { OutboundFrame } from "../outbound_frame.ts";
import type { SharedFrame } from "./mesh_message.ts";
import type { PeerLink } from "./peer_link.ts";
import type { Peers } from "./peers.ts";

/** A producer that comes back replays a GOP at once; a worker that takes that in is not behind. */
const MAX_BYTES = 4 * MAX_GOP_BYTES;
const MAX_BEHIND_MS = 500;

/** To one other worker, for one rendition. */
interface Way {
  readonly link: PeerLink;
  readonly policy: DropPolicy;
}

/**
 * The frames of one publish on their way to the other workers. One that is too busy to fan them out
 * loses whole GOPs, as a slow viewer does, so that it is never later and later.
 */
export class FrameRelay {
  readonly #stream: string;
  readonly #peers: Peers;
  readonly #metrics: Metrics;
  /** Of each rendition. */
  readonly #ways = new Map<string, readonly Way[]>();

  constructor(stream: string, peers: Peers, metrics: Metrics) {
    this.#stream = stream;
    this.#peers = peers;
    this.#metrics = metrics;
  }

  handOver(type: SharedFrame["type"], encoded: OutboundFrame, nowMs: number): void {
    for (const { link, policy } of this.#waysOf(renditionOf(encoded.frame))) {
      if (policy.admit(encoded.isKey, link.backlog(nowMs))) {
        link.handOver(type, this.#stream, encoded, nowMs);
      } else this.#metrics.workerFramesDiscarded++;
    }
  }

  #waysOf(rendition: string): readonly Way[] {
    const known = this.#ways.get(rendition);
    if (known !== undefined) return known;
    const bounds = { maxBytes: MAX_BYTES, maxAgeMs: MAX_BEHIND_MS };
    const ways = this.#peers.links.map((link) => ({ link, policy: new DropPolicy(bounds) }));
    this.#ways.set(rendition, ways);
    return ways;
  }
}
