import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
// @ts-types="@types/ws"
import { WebSocket } from "ws";

export interface ViewerSocketHandlers {
  /** A whole message, the caller's to keep. */
  onMessage(data: Uint8Array, isBinary: boolean): void;
  onPong(): void;
  /** What was held has gone to the kernel. */
  onDrain(): void;
  /** Nothing comes or goes any more. Called once. */
  onClose(): void;
}

/**
 * One viewer's connection. Messages of ours are framed by RFC 6455 once for all viewers and written
 * to the socket as they are: no copy, and nothing that belongs to one viewer alone. While the
 * viewer is slow its socket holds references to frames that all viewers share.
 */
export class ViewerSocket {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;

  constructor(webSocket: WebSocket, socket: Socket) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  get speaksControl(): boolean {
    return this.#webSocket.protocol !== "";
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** What the kernel has not taken yet; its own buffers hold more. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Call once, at once: what comes before is lost. */
  listen(handlers: ViewerSocketHandlers): void {
    const webSocket = this.#webSocket;
    webSocket.on("message", (data, isBinary) => {
      // Of the kinds that ws knows, this is what it gives while binaryType is not touched.
      if (Buffer.isBuffer(data)) handlers.onMessage(data, isBinary);
    });
    webSocket.on("pong", () => handlers.onPong());
    // What the viewer did to end it; "close" follows.
    webSocket.on("error", () => {});
    webSocket.on("close", () => handlers.onClose());
    this.#socket.on("drain", () => handlers.onDrain());
  }

  /** Sends one message of its own, such as a control message. */
  send(message: Uint8Array): void {
    this.#webSocket.send(message);
  }

  /** Sends a message that is framed already (`framed_message.ts`) and shared: it is not changed. */
  sendFramed(framed: Buffer<ArrayBuffer>): void {
    this.#socket.write(framed);
  }

  ping(): void {
    this.#webSocket.ping();
  }

  /** Asks for the end; a second later the connection is cut if the viewer has not agreed. */
  close(code: number, reason: string): void {
    // A close reason is at most 123 bytes of UTF-8 (RFC 6455, 5.5).
    this.#webSocket.close(code, reason.slice(0, 40));
  }

  /**
   * Cuts the connection by a reset: what is still to be sent is given up, the megabytes in the
   * kernel's buffer too, which would otherwise wait for minutes for a peer that reads no more.
   */
  destroy(): void {
    this.#socket.resetAndDestroy();
  }
}
