import { VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import http from "node:http";
import type { Socket } from "node:net";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { ViewerSocket } from "./viewer_socket.ts";

/** More is never read: of those who speak control 4096 bytes are, of the others none matter. */
const MAX_INBOUND_BYTES = 128 * 1024;
/** Whoever was told to close and does not is cut off. */
const CLOSE_WITHIN_MS = 1_000;

const SERVER_OPTIONS = {
  noServer: true,
  clientTracking: false,
  // Video is compressed as it is.
  perMessageDeflate: false,
  maxPayload: MAX_INBOUND_BYTES,
  closeTimeout: CLOSE_WITHIN_MS,
  handleProtocols: (offered: ReadonlySet<string>) =>
    offered.has(VIEWER_SUBPROTOCOL) ? VIEWER_SUBPROTOCOL : false,
};

export interface UpgradeParts {
  readonly incoming: http.IncomingMessage;
  readonly socket: Socket;
  /** What came behind the request's head. */
  readonly head: Buffer;
}

/** The handshake of RFC 6455, section 4.2, and the protocol of what follows. */
export class WebSocketUpgrader {
  readonly #server = new WebSocketServer(SERVER_OPTIONS);

  constructor() {
    // Listened to, it leaves the answer to whoever asked.
    this.#server.on("wsClientError", () => {});
  }

  /** `undefined` when it is no WebSocket handshake; nothing has been answered then. */
  accept({ incoming, socket, head }: UpgradeParts): WebSocket | undefined {
    let accepted: WebSocket | undefined;
    this.#server.handleUpgrade(incoming, socket, head, (webSocket) => accepted = webSocket);
    return accepted;
  }
}

/** A request to speak another protocol on its connection: accepted once, or answered as any other. */
export class Upgrade {
  readonly response: http.ServerResponse;
  readonly #upgrader: WebSocketUpgrader;
  readonly #parts: UpgradeParts;

  constructor(upgrader: WebSocketUpgrader, parts: UpgradeParts) {
    this.#upgrader = upgrader;
    this.#parts = parts;
    this.response = new http.ServerResponse(parts.incoming);
    this.response.shouldKeepAlive = false;
    this.response.assignSocket(parts.socket);
    this.response.once("finish", () => parts.socket.end());
  }

  /** The viewer's socket, open; `undefined` when the request is no WebSocket handshake. */
  accept(): ViewerSocket | undefined {
    const { socket } = this.#parts;
    const webSocket = this.#upgrader.accept(this.#parts);
    if (webSocket === undefined) return undefined;
    this.response.detachSocket(socket);
    return new ViewerSocket(webSocket, socket);
  }

  /** What a route answers that has accepted. */
  static readonly accepted: Response = RESPONSE_ALREADY_SENT;
}
