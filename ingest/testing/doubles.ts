import type { Buffer } from "node:buffer";
import type { IngestToProducerMessage, StreamMessage } from "@porthole/protocol";
import { decodeMessage } from "@porthole/protocol";
import type { SessionSocket } from "../client_session.ts";
import { payloadOf } from "../framed_message.ts";
import type { StreamObserver } from "../hub.ts";
import type { Publisher } from "../publisher.ts";
import type { OutboundFrame } from "../outbound_frame.ts";
import type { Watcher } from "../rendition_track.ts";

/** Keeps what a rendition hands out. */
export class RecordingWatcher implements Watcher {
  readonly delivered: OutboundFrame[] = [];
  readonly gops: (readonly OutboundFrame[])[] = [];
  readonly givenUpGops: (readonly OutboundFrame[])[] = [];
  restarts = 0;

  deliver(encoded: OutboundFrame): void {
    this.delivered.push(encoded);
  }

  catchUp(gop: readonly OutboundFrame[]): void {
    this.gops.push([...gop]);
  }

  givenUp(gop: readonly OutboundFrame[]): void {
    this.givenUpGops.push([...gop]);
  }

  sourceRestarted(): void {
    this.restarts++;
  }

  get deliveredSeqs(): (number | undefined)[] {
    return this.delivered.map(({ frame }) => frame.seq);
  }

  get gopSeqs(): (number | undefined)[][] {
    return seqsOf(this.gops);
  }

  get givenUpSeqs(): (number | undefined)[][] {
    return seqsOf(this.givenUpGops);
  }
}

function seqsOf(gops: readonly (readonly OutboundFrame[])[]): (number | undefined)[][] {
  return gops.map((gop) => gop.map(({ frame }) => frame.seq));
}

export class RecordingObserver implements StreamObserver {
  readonly messages: StreamMessage[] = [];
  choices = 0;

  streamChanged(message: StreamMessage): void {
    this.messages.push(message);
  }

  renditionsChanged(): void {
    this.choices++;
  }
}

export class RecordingPublisher implements Publisher {
  readonly sent: IngestToProducerMessage[] = [];
  offers: readonly string[] = [];
  name: string | undefined;
  camera: Publisher["camera"] = undefined;
  clockOffsetMs = 0;
  isSilent = false;
  closedWith: string | undefined;

  isGone(): boolean {
    return this.isSilent;
  }

  send(message: IngestToProducerMessage): void {
    this.sent.push(message);
  }

  close(code: string): void {
    this.closedWith = code;
  }

  get demands(): (readonly string[])[] {
    return this.sent.flatMap((message) => message.type === "demand" ? [message.renditions] : []);
  }
}

/** A viewer's socket that holds what it is told to hold. */
export class FakeSocket implements SessionSocket {
  isOpen = true;
  bufferedBytes = 0;
  /** Frames stay in it until `bufferedBytes` is set otherwise. */
  fillsUp = false;
  pings = 0;
  /** Messages that were sent with milestones in them. */
  milestones = 0;
  isDestroyed = false;
  readonly sent: Uint8Array[] = [];
  closedWith: { code: number; reason: string } | undefined;

  constructor(readonly speaksControl = true) {}

  send(message: Uint8Array): void {
    this.sent.push(message);
  }

  sendFramed(framed: Buffer<ArrayBuffer>): void {
    if (this.fillsUp) this.bufferedBytes += framed.byteLength;
    this.sent.push(payloadOf(framed));
  }

  sendWithMilestones(framed: Buffer<ArrayBuffer>): void {
    this.milestones++;
    this.sendFramed(framed);
  }

  ping(): void {
    this.pings++;
  }

  close(code: number, reason: string): void {
    this.isOpen = false;
    this.closedWith = { code, reason };
  }

  destroy(): void {
    this.isOpen = false;
    this.isDestroyed = true;
  }

  get messages(): Readonly<Record<string, unknown>>[] {
    return this.sent.map((bytes) => decodeMessage(bytes) as Record<string, unknown>);
  }

  get types(): unknown[] {
    return this.messages.map((message) => message["type"] ?? "frame");
  }
}
