import {
  decodeMessage,
  type EncodedFrame,
  epochNowMs,
  type IngestToViewerMessage,
  JPEG_RENDITION,
  MAX_GOP_BYTES,
  MAX_VIEWER_MESSAGE_BYTES,
  MessageEncoder,
  ProtocolError,
  renditionOf,
  type StreamMessage,
  type ViewerMessage,
} from "@porthole/protocol";
import { parseViewerMessage } from "@porthole/protocol/schema";
import type { Client } from "./client_registry.ts";
import { ClientQueue } from "./client_queue.ts";
import type { Hub, StreamObserver } from "./hub.ts";
import type { Metrics } from "./metrics.ts";
import { AUTO, chooseRendition, type RenditionChoice } from "./rendition_choice.ts";
import type { Watcher } from "./rendition_track.ts";

/** What a session uses of a WebSocket. */
export interface ViewerSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer> | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

export interface ClientSessionOptions {
  readonly socket: ViewerSocket;
  readonly hub: Hub;
  readonly metrics: Metrics;
  readonly maxAgeMs: number;
  /** The session ended by itself; its socket may take long to close, if the viewer does not read. */
  readonly onEnd?: () => void;
  /** With control messages; without, the viewer gets JPEG frames and nothing else. */
  readonly speaksControl: boolean;
}

const OPEN = 1;
const CLOSE_GOING_AWAY = 1001;
const CLOSE_POLICY = 1008;
const CLOSE_TOO_BIG = 1009;
/** A socket that holds more is not given a GOP on top: resuming over and over must not fill it. */
const MAX_HELD_TO_CATCH_UP_BYTES = 1024 * 1024;
/** Whoever asks and does not read the answers is given up. Frames alone never pile up so high. */
const MAX_UNREAD_BYTES = 3 * MAX_GOP_BYTES;

/** One viewer: what it said it wants, and what it is sent. */
export class ClientSession implements Client, Watcher, StreamObserver, Disposable {
  readonly #options: ClientSessionOptions;
  readonly #encoder = new MessageEncoder();
  readonly #queue: ClientQueue;
  #decodesH264 = false;
  #selected: string = AUTO;
  #isGreeted = false;
  #isPaused = false;
  #choice: RenditionChoice | undefined;
  #watching: Disposable | undefined;
  readonly #observing: Disposable;
  #isEnded = false;
  #lagged = 0;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.#queue = new ClientQueue({ maxBytes: MAX_GOP_BYTES, maxAgeMs: options.maxAgeMs });
    // Before the socket opens: a hub with nobody is removed, and this one must not be.
    this.#observing = options.hub.observe(this);
  }

  /** Call once the socket is open. A viewer with control gets frames after its `hello`. */
  start(): void {
    const { hub, speaksControl } = this.#options;
    if (this.#isEnded) return;
    if (speaksControl) this.#send(hub.message(epochNowMs()));
    else this.#watch();
  }

  /** A message of the viewer. What breaks the protocol closes the socket, with the reason. */
  receive(data: unknown): void {
    const { socket, speaksControl } = this.#options;
    if (!speaksControl || this.#isEnded) return;
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) {
      return this.#end(CLOSE_POLICY, "unread", "the viewer asks and does not read");
    }
    if (!(data instanceof ArrayBuffer)) {
      return this.#end(CLOSE_POLICY, "invalid_control", "messages are binary MessagePack");
    }
    if (data.byteLength > MAX_VIEWER_MESSAGE_BYTES) {
      const limit = `at most ${MAX_VIEWER_MESSAGE_BYTES} bytes a message`;
      return this.#end(CLOSE_TOO_BIG, "too_large", limit);
    }
    try {
      const message = parseViewerMessage(decodeMessage(new Uint8Array(data)));
      if (message !== undefined) this.#handle(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#end(CLOSE_POLICY, error.code, error.message);
    }
  }

  deliver(encoded: EncodedFrame, nowMs: number): void {
    const { socket, metrics } = this.#options;
    if (socket.readyState !== OPEN) return;
    const verdict = this.#queue.admit(encoded, socket.bufferedAmount, nowMs);
    if (verdict === "deliver") {
      if (this.#lagged > 0) this.#sayLagged();
      socket.send(encoded.bytes);
      metrics.framesSent++;
      metrics.bytesSent += encoded.bytes.byteLength;
    } else if (verdict === "discard") {
      this.#lagged++;
      metrics.framesDiscarded++;
    }
  }

  catchUp(gop: readonly EncodedFrame[], nowMs: number): void {
    const { socket, metrics, speaksControl } = this.#options;
    const newest = gop.at(-1);
    if (socket.readyState !== OPEN || newest === undefined) return;
    if (socket.bufferedAmount > MAX_HELD_TO_CATCH_UP_BYTES) return this.#queue.restart(false);
    this.#queue.restart(true);
    const rendition = renditionOf(newest.frame);
    const untilSeq = newest.frame.seq;
    if (speaksControl && untilSeq !== undefined && gop.length > 1) {
      this.#send({ type: "replay", rendition, untilSeq });
    }
    for (const encoded of gop) {
      socket.send(encoded.bytes);
      this.#queue.handedOver(encoded, nowMs);
      metrics.framesSent++;
      metrics.bytesSent += encoded.bytes.byteLength;
    }
  }

  sourceRestarted(): void {
    this.#queue.restart(false);
  }

  streamChanged(message: StreamMessage): void {
    if (this.#options.speaksControl) this.#send(message);
  }

  renditionsChanged(): void {
    if (this.#watching !== undefined) this.#watch();
  }

  close(code: string, reason: string): void {
    this.#end(CLOSE_GOING_AWAY, code, reason);
  }

  /** Leaves the fan-out; the socket is closed or about to be. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#observing[Symbol.dispose]();
    this.#stopWatching();
  }

  #handle(message: ViewerMessage): void {
    switch (message.type) {
      case "hello":
        this.#isGreeted = true;
        this.#decodesH264 = message.codecs.some((codec) => codec.startsWith("avc1"));
        return this.#isPaused ? undefined : this.#watch();
      case "select":
        this.#selected = message.rendition;
        return this.#watching === undefined ? undefined : this.#watch();
      case "ack":
        if ((message.rendition ?? this.#choice?.rendition) === this.#choice?.rendition) {
          this.#queue.acknowledge(message.seq);
        }
        return;
      case "pause":
        this.#isPaused = true;
        return this.#stopWatching();
      case "resume":
        if (!this.#isPaused) return;
        this.#isPaused = false;
        return this.#isGreeted ? this.#watch() : undefined;
      case "clock": {
        const nowMs = epochNowMs();
        return this.#send({ type: "clock", t0: message.t0, t1: nowMs, t2: nowMs });
      }
    }
  }

  /** Starts, or goes over to the rendition that is right now. */
  #watch(): void {
    const { hub, speaksControl } = this.#options;
    const choice = speaksControl
      ? chooseRendition(
        { decodesH264: this.#decodesH264, selected: this.#selected },
        hub.running,
        hub.offered,
      )
      : { rendition: JPEG_RENDITION, reason: "" };
    const isSame = choice.rendition === this.#choice?.rendition;
    const isSaid = isSame && choice.reason === this.#choice?.reason;
    this.#choice = choice;
    if (speaksControl && !isSaid) this.#send({ type: "quality", fps: 0, ...choice });
    if (isSame && this.#watching !== undefined) return;
    this.#stopWatching();
    this.#queue.restart(false);
    this.#watching = hub.watch(choice.rendition, this, epochNowMs());
  }

  #stopWatching(): void {
    this.#watching?.[Symbol.dispose]();
    this.#watching = undefined;
  }

  #sayLagged(): void {
    if (this.#options.speaksControl) this.#send({ type: "lagged", discarded: this.#lagged });
    this.#lagged = 0;
  }

  #send(message: IngestToViewerMessage): void {
    const { socket } = this.#options;
    if (socket.readyState === OPEN) socket.send(this.#encoder.encode(message));
  }

  #end(closeCode: number, code: string, reason: string): void {
    if (this.#options.speaksControl) this.#send({ type: "bye", code, reason });
    this[Symbol.dispose]();
    this.#options.onEnd?.();
    // A close reason is at most 123 bytes of UTF-8 (RFC 6455, 5.5).
    this.#options.socket.close(closeCode, reason.slice(0, 40));
  }
}
