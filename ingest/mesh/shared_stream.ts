import { Buffer } from "node:buffer";
import { decodeMessage, ProtocolError } from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";
import { logFor } from "@porthole/protocol/service";
import { payloadOf } from "../framed_message.ts";
import type { Hub } from "../hub.ts";
import type { Publisher } from "../publisher.ts";
import type { PublishRate } from "../limits/publish_rate.ts";
import type { Metrics } from "../metrics.ts";
import { type OutboundFrame, outboundFrame } from "../outbound_frame.ts";
import type { PublishTarget } from "../publish_target.ts";
import type { StreamAccount } from "../stream_account.ts";
import { FrameRelay } from "./frame_relay.ts";
import type { PublisherNews, SharedFrame, StreamNews } from "./mesh_message.ts";
import type { PeerLink } from "./peer_link.ts";
import type { Peers } from "./peers.ts";
import { RemotePublisher } from "./remote_publisher.ts";

interface LocalPublish {
  readonly publisher: Publisher;
  readonly term: number;
}

const log = logFor("ingest", "mesh");

/**
 * One stream on all workers: what is published here goes to the hub here and to the other workers,
 * and what is published there to the hub here.
 *
 * Every worker knows every publisher and picks the same one: the one of the latest term, and of two
 * that began at the same instant the one on the worker with the lower index.
 */
export class SharedStream implements PublishTarget {
  readonly #hub: Hub;
  readonly #peers: Peers;
  readonly #metrics: Metrics;
  #latestTerm = 0;
  #local: LocalPublish | undefined;
  #remote: RemotePublisher | undefined;
  #relay: FrameRelay | undefined;

  constructor(hub: Hub, peers: Peers, metrics: Metrics) {
    this.#hub = hub;
    this.#peers = peers;
    this.#metrics = metrics;
  }

  get id(): string {
    return this.#hub.id;
  }

  /** Of what comes to this worker. */
  get rate(): PublishRate {
    return this.#hub.rate;
  }

  /** The same. */
  get account(): StreamAccount {
    return this.#hub.account;
  }

  get isKnown(): boolean {
    return this.#hub.isKnown;
  }

  isPublished(nowMs: number): boolean {
    return this.#hub.isPublished(nowMs);
  }

  isPosted(nowMs: number): boolean {
    return this.#hub.isPosted(nowMs);
  }

  attach(publisher: Publisher, nowMs: number): void {
    this.#forgetHolder(nowMs);
    this.#local = { publisher, term: ++this.#latestTerm };
    this.#relay = this.#newRelay();
    this.#tellPublisher();
    this.#hub.attach(publisher, nowMs);
  }

  detach(publisher: Publisher, nowMs: number): void {
    this.#hub.detach(publisher, nowMs);
    if (this.#local?.publisher === publisher) this.#forgetHolder(nowMs);
  }

  publisherChanged(nowMs: number): void {
    this.#tellPublisher();
    this.#hub.publisherChanged(nowMs);
  }

  tick(nowMs: number): void {
    this.#tellPublisher();
    this.#hub.tick(nowMs);
  }

  publish(encoded: OutboundFrame, nowMs: number): number {
    // Another worker's took its place a moment ago.
    if (this.#local === undefined) return 1;
    // First: it takes microseconds, and the others then fan out while this one does.
    this.#relay?.handOver("frame", encoded, nowMs);
    return this.#hub.publish(encoded, nowMs);
  }

  post(encoded: OutboundFrame, nowMs: number): void {
    this.#forgetHolder(nowMs);
    this.#relay ??= this.#newRelay();
    this.#relay.handOver("post", encoded, nowMs);
    this.#hub.post(encoded, nowMs);
  }

  expectReplay(rendition: string, untilSeq: number): void {
    if (this.#local === undefined) return;
    this.#peers.tell({ type: "replay", stream: this.id, rendition, untilSeq });
    this.#hub.expectReplay(rendition, untilSeq);
  }

  /** What another worker says of this stream. */
  receive(news: StreamNews, link: PeerLink, nowMs: number): void {
    switch (news.type) {
      case "publisher":
        return this.#remotePublisher(news, link, nowMs);
      case "detached":
        if (this.#remote?.link === link && this.#remote.term === news.term) {
          this.#hub.detach(this.#remote, nowMs);
          this.#remote = undefined;
        }
        return;
      case "frame":
        if (this.#remote?.link !== link) return;
        this.#remote.heard(nowMs);
        return this.#take(news, (encoded) => this.#hub.publish(encoded, nowMs));
      case "post":
        // A live publish that has just begun comes before single posts.
        if (this.#hub.isPublished(nowMs)) return;
        this.#forgetHolder(nowMs);
        return this.#take(news, (encoded) => this.#hub.post(encoded, nowMs));
      case "replay":
        if (this.#remote?.link !== link) return;
        return this.#asAtItsOrigin(() => this.#hub.expectReplay(news.rendition, news.untilSeq));
      case "demand":
        if (this.#local?.term !== news.term) return;
        return this.#hub.holdFor(link.index, news.renditions, nowMs);
    }
  }

  #remotePublisher(news: PublisherNews, link: PeerLink, nowMs: number): void {
    this.#latestTerm = Math.max(this.#latestTerm, news.term);
    const remote = this.#remote;
    if (remote?.link === link && remote.term === news.term) {
      remote.heard(nowMs);
      if (remote.update(news)) this.#hub.publisherChanged(nowMs);
      else this.#hub.tick(nowMs);
      return;
    }
    if (this.#holdsBefore(news.term, link.index)) return;
    this.#forgetHolder(nowMs);
    this.#remote = new RemotePublisher(link, news, nowMs);
    this.#hub.attach(this.#remote, nowMs);
  }

  /** Whether the present publisher comes before one of that term on that worker. */
  #holdsBefore(term: number, workerIndex: number): boolean {
    const held = this.#local?.term ?? this.#remote?.term;
    const heldIndex = this.#local === undefined ? this.#remote?.link.index : this.#peers.index;
    if (held === undefined || heldIndex === undefined) return false;
    return held === term ? heldIndex < workerIndex : held > term;
  }

  /** Before another takes over, or when it goes; the hub is told by whoever calls. */
  #forgetHolder(nowMs: number): void {
    this.#remote = undefined;
    if (this.#local === undefined) return;
    this.#peers.tell({ type: "detached", stream: this.id, term: this.#local.term });
    this.#local = undefined;
    this.#relay = undefined;
    for (const { index } of this.#peers.links) this.#hub.holdFor(index, [], nowMs);
  }

  #tellPublisher(): void {
    if (this.#local === undefined) return;
    const { publisher: { offers, name, camera, clockOffsetMs }, term } = this.#local;
    this.#peers.tell({
      ...{ type: "publisher", stream: this.id, term },
      ...{ offers, name, camera, clockOffsetMs },
    });
  }

  #take(news: SharedFrame, use: (encoded: OutboundFrame) => unknown): void {
    const framed = Buffer.from(news.framed);
    this.#asAtItsOrigin(() =>
      use(outboundFrame(parseFrame(decodeMessage(payloadOf(framed))), framed))
    );
  }

  /** What is wrong with it is told to the producer, by the worker that has it. */
  #asAtItsOrigin(use: () => unknown): void {
    try {
      use();
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause;
      log.debug("what another worker passed on is refused", { stream: this.id, cause });
    }
  }

  #newRelay(): FrameRelay {
    return new FrameRelay(this.id, this.#peers, this.#metrics);
  }
}
