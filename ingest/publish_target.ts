import type { Publisher } from "./publisher.ts";
import type { PublishRate } from "./limits/publish_rate.ts";
import type { OutboundFrame } from "./outbound_frame.ts";
import type { StreamAccount } from "./stream_account.ts";

/** A stream as those who publish it see it: a hub, or one that other workers share. */
export interface PublishTarget {
  readonly id: string;
  /** What may be published to it, to be asked by whoever takes it in. */
  readonly rate: PublishRate;
  readonly account: StreamAccount;
  /** Whether it has or had a publisher that is worth showing. */
  readonly isKnown: boolean;
  /** Whether a live publish holds the stream. */
  isPublished(nowMs: number): boolean;
  /** Whether single posts hold the stream. */
  isPosted(nowMs: number): boolean;
  /** Takes a live publish in place of a gone one. */
  attach(publisher: Publisher, nowMs: number): void;
  detach(publisher: Publisher, nowMs: number): void;
  /** The publisher's hello, status or clock changed. */
  publisherChanged(nowMs: number): void;
  /**
   * A frame of the live publish.
   *
   * @returns by how much it carries the numbers of its rendition on: 1; more behind frames that its
   * publisher discarded; 0 for one that is sent again
   * @throws {ProtocolError} `invalid_frame`
   */
  publish(encoded: OutboundFrame, nowMs: number): number;
  /** A frame by a request of its own. @throws {ProtocolError} `invalid_frame` */
  post(encoded: OutboundFrame, nowMs: number): void;
  /** Frames up to `untilSeq` come at once. @throws {ProtocolError} `invalid_frame` */
  expectReplay(rendition: string, untilSeq: number): void;
  /** The publisher's clock may have moved. */
  tick(nowMs: number): void;
}

/** The streams that can be published. */
export interface PublishTargets {
  get(id: string): PublishTarget | undefined;
  /** Use it at once. @throws {TooManyStreamsError} */
  open(id: string): PublishTarget;
}
