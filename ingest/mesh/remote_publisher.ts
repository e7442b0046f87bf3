import type { CameraStatus, IngestToProducerMessage } from "@porthole/protocol";
import type { Publisher } from "../publisher.ts";
import { GONE_AFTER_MS } from "../live_publish.ts";
import type { PublisherNews } from "./mesh_message.ts";
import type { PeerLink } from "./peer_link.ts";

/** A live publish that another worker takes in, as a hub here sees it. */
export class RemotePublisher implements Publisher {
  readonly link: PeerLink;
  #news: PublisherNews;
  #lastHeardMs: number;

  constructor(link: PeerLink, news: PublisherNews, nowMs: number) {
    this.link = link;
    this.#news = news;
    this.#lastHeardMs = nowMs;
  }

  get term(): number {
    return this.#news.term;
  }

  get offers(): readonly string[] {
    return this.#news.offers;
  }

  get name(): string | undefined {
    return this.#news.name;
  }

  get camera(): CameraStatus | undefined {
    return this.#news.camera;
  }

  get clockOffsetMs(): number {
    return this.#news.clockOffsetMs;
  }

  /** As at its own worker: that passes on frames, and what the producer says to keep itself alive. */
  isGone(nowMs: number): boolean {
    return nowMs - this.#lastHeardMs > GONE_AFTER_MS;
  }

  heard(nowMs: number): void {
    this.#lastHeardMs = nowMs;
  }

  /** @returns whether more than its clock changed */
  update(news: PublisherNews): boolean {
    const { offers, name, camera } = this.#news;
    this.#news = news;
    return offers.join() !== news.offers.join() || name !== news.name ||
      camera?.standby !== news.camera?.standby || camera?.state !== news.camera?.state ||
      camera?.cause !== news.camera?.cause;
  }

  /** Of all that a hub says, the demand alone is not said by the other worker itself. */
  send(message: IngestToProducerMessage): void {
    if (message.type !== "demand") return;
    const { stream, term } = this.#news;
    this.link.tell({ type: "demand", stream, term, renditions: message.renditions });
  }

  /** It is the other worker that ends it. */
  close(): void {}
}
