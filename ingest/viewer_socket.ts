import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { epochNowMs, MAX_VIEWER_MESSAGE_BYTES } from "@porthole/protocol";
import { logFor } from "@porthole/protocol/service";
import { framedMessage, partHeader, payloadOf } from "./framed_message.ts";
import { InboundAllowance } from "./limits/inbound_allowance.ts";
import { PingLog } from "./ping_log.ts";
import { WebSocketError, WebSocketParser } from "./websocket_parser.ts";

export interface ViewerSocketHandlers {
  /** A whole message; the bytes hold during the call. */
  onMessage(data: Uint8Array, isBinary: boolean): void;
  /** All that was sent before the last ping has been read. */
  onPong(): void;
  /** A milestone has been read; `isLast` when none is left. */
  onMilestone(isLast: boolean): void;
  /** What was held has gone to the kernel. */
  onDrain(): void;
  /** Nothing comes or goes any more. Called once. */
  onClose(): void;
}

/** Of a plain viewer none matters. */
const MAX_INBOUND_BYTES = 128 * 1024;
/** A little more than is allowed, so that whoever says more can be told. */
const MAX_CONTROL_INBOUND_BYTES = 2 * MAX_VIEWER_MESSAGE_BYTES;
/** Whoever was told to close and does not is cut off. */
const CLOSE_WITHIN_MS = 1_000;
/** A viewer that has so much to read already gets no pong: each costs far more than its bytes. */
const MAX_HELD_TO_PONG_BYTES = 4 * 1024;
const CLOSE_NORMAL = 1000;
const CLOSE_POLICY = 1008;
const PART_BYTES = 16 * 1024;
/** Not cut into parts. A link that carries less in six seconds, 44 kbit/s, is none. */
const MAX_WHOLE_BYTES = 2 * PART_BYTES;

/** RFC 6455, 5.5: final frames, not masked, of at most 125 bytes. */
const FINAL_CLOSE = 0x88;
const FINAL_PONG = 0x8a;
const FINAL_PING = 0x89;

const log = logFor("ingest", "viewer");

/**
 * One viewer's WebSocket, on the connection's own socket. Messages of ours are framed once for all
 * viewers and written as they are: no copy, and nothing that belongs to one viewer alone. While the
 * viewer is slow its socket holds references to frames that all viewers share.
 */
export class ViewerSocket {
  readonly #socket: Socket;
  readonly #reset: () => void;
  #isOpen = true;
  readonly #pings = new PingLog();
  readonly #allowance = new InboundAllowance();
  #sinceMilestoneBytes = 0;
  #closing: ReturnType<typeof setTimeout> | undefined;

  /** @param reset cuts the connection that `socket` is on, or inside of */
  constructor(socket: Socket, reset: () => void, readonly speaksControl: boolean) {
    this.#socket = socket;
    this.#reset = reset;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What the kernel has not taken yet; its own buffers hold more. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Call once, at once: what comes before is lost. */
  listen({ onMessage, onPong, onMilestone, onDrain, onClose }: ViewerSocketHandlers): void {
    const socket = this.#socket;
    const parser = new WebSocketParser({
      // What is said after we closed is of no interest, whoever reads on for the close.
      onMessage: (data, isBinary) => this.#isOpen && onMessage(data, isBinary),
      onPing: (data) => {
        if (this.bufferedBytes <= MAX_HELD_TO_PONG_BYTES) this.#sendControl(FINAL_PONG, data);
      },
      onPong: (data) => {
        const answer = this.#pings.answered(data);
        if (answer === undefined) return;
        if (answer.isHeartbeat) onPong();
        onMilestone(answer.isLast);
      },
      onClose: () => {
        this.close(CLOSE_NORMAL, "");
        socket.end();
      },
    }, this.speaksControl ? MAX_CONTROL_INBOUND_BYTES : MAX_INBOUND_BYTES);
    socket.on("data", (chunk) => {
      const framesBefore = parser.frameCount;
      try {
        parser.push(chunk);
        const frames = parser.frameCount - framesBefore;
        if (!this.#allowance.admits(chunk.byteLength, frames, epochNowMs())) {
          throw new WebSocketError(CLOSE_POLICY, "flood: a viewer says less than that");
        }
      } catch (error) {
        if (!(error instanceof WebSocketError)) {
          // The end of one viewer, whatever was wrong with it, never of all others.
          log.error("a viewer's message failed", { cause: error });
          return this.destroy();
        }
        this.close(error.closeCode, error.message);
        socket.removeAllListeners("data");
        socket.resume();
      }
    });
    socket.on("drain", onDrain);
    socket.on("end", () => socket.end());
    socket.once("close", () => {
      this.#isOpen = false;
      clearTimeout(this.#closing);
      onClose();
    });
  }

  /** Sends one message of its own, such as a control message. */
  send(message: Uint8Array): void {
    if (this.#isOpen) this.#socket.write(framedMessage(message));
  }

  /** Sends a message that is framed already (`framed_message.ts`) and shared: it is not changed. */
  sendFramed(framed: Buffer<ArrayBuffer>): void {
    this.#socket.write(framed);
  }

  /**
   * The same, with a milestone after each 16 KiB, inside of messages too (RFC 6455, 5.4): while a
   * large picture is on its way through a thin link, nothing else shows that it gets on.
   */
  sendWithMilestones(framed: Buffer<ArrayBuffer>): void {
    if (framed.byteLength <= MAX_WHOLE_BYTES) this.#socket.write(framed);
    else this.#sendParts(payloadOf(framed));
    this.#sinceMilestoneBytes += framed.byteLength;
    if (this.#sinceMilestoneBytes >= PART_BYTES) this.#sendMilestone();
  }

  /** Asks for a sign that all before it was read. */
  ping(): void {
    this.#sendControl(FINAL_PING, this.#pings.asked(true));
  }

  /** Asks for the end; a second later the connection is cut if the viewer has not agreed. */
  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    // A close reason is at most 123 bytes of UTF-8 (RFC 6455, 5.5).
    const text = Buffer.from(reason.slice(0, 40));
    this.#sendControl(FINAL_CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), text]));
    this.#isOpen = false;
    this.#closing = setTimeout(() => this.destroy(), CLOSE_WITHIN_MS);
  }

  /**
   * Cuts the connection by a reset: what is still to be sent is given up, the megabytes in the
   * kernel's buffer too, which would otherwise wait for minutes for a peer that reads no more.
   */
  destroy(): void {
    this.#isOpen = false;
    this.#reset();
  }

  #sendParts(payload: Uint8Array<ArrayBuffer>): void {
    this.#socket.cork();
    for (let offset = 0; offset < payload.byteLength; offset += PART_BYTES) {
      const part = payload.subarray(offset, offset + PART_BYTES);
      const isFinal = offset + PART_BYTES >= payload.byteLength;
      this.#socket.write(partHeader(part.byteLength, offset === 0, isFinal));
      this.#socket.write(part);
      if (!isFinal) this.#sendMilestone();
    }
    this.#socket.uncork();
  }

  #sendMilestone(): void {
    this.#sinceMilestoneBytes = 0;
    this.#sendControl(FINAL_PING, this.#pings.asked(false));
  }

  #sendControl(firstByte: number, payload: Uint8Array): void {
    if (!this.#isOpen) return;
    const frame = Buffer.allocUnsafe(2 + payload.byteLength);
    frame[0] = firstByte;
    frame[1] = payload.byteLength;
    frame.set(payload, 2);
    this.#socket.write(frame);
  }
}
