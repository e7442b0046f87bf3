import type { EncodedFrame, IngestToProducerMessage, StreamMessage } from "@porthole/protocol";
import { decodeMessage } from "@porthole/protocol";
import type { ViewerSocket } from "../client_session.ts";
import type { Publisher, StreamObserver } from "../hub.ts";
import type { Watcher } from "../rendition_track.ts";

/** Keeps what a rendition hands out. */
export class RecordingWatcher implements Watcher {
  readonly delivered: EncodedFrame[] = [];
  readonly gops: (readonly EncodedFrame[])[] = [];
  restarts = 0;

  deliver(encoded: EncodedFrame): void {
    this.delivered.push(encoded);
  }

  catchUp(gop: readonly EncodedFrame[]): void {
    this.gops.push([...gop]);
  }

  sourceRestarted(): void {
    this.restarts++;
  }

  get deliveredSeqs(): (number | undefined)[] {
    return this.delivered.map(({ frame }) => frame.seq);
  }

  get gopSeqs(): (number | undefined)[][] {
    return this.gops.map((gop) => gop.map(({ frame }) => frame.seq));
  }
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

/** A WebSocket that holds what it is told to hold. */
export class FakeSocket implements ViewerSocket {
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];
  closedWith: { code: number | undefined; reason: string | undefined } | undefined;

  send(data: Uint8Array): void {
    this.sent.push(data);
  }

  close(code?: number, reason?: string): void {
    this.readyState = 2;
    this.closedWith = { code, reason };
  }

  get messages(): Readonly<Record<string, unknown>>[] {
    return this.sent.map((bytes) => decodeMessage(bytes) as Record<string, unknown>);
  }

  get types(): unknown[] {
    return this.messages.map((message) => message["type"] ?? "frame");
  }
}
