import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import http from "node:http";
import type { Socket } from "node:net";
import { endThenCut } from "./answer_bounds.ts";
import { ViewerSocket } from "./viewer_socket.ts";
import { handshakeOf } from "./websocket_handshake.ts";

export interface UpgradeParts {
  readonly incoming: http.IncomingMessage;
  readonly socket: Socket;
  /** What came behind the request's head. */
  readonly head: Uint8Array;
  /** Ends the connection at once, with all that is still to be sent given up. */
  readonly reset: () => void;
  /** What who is refused may take to leave. */
  readonly lingerMs: number;
}

/** A request to speak another protocol on its connection: accepted once, or answered as any other. */
export class Upgrade {
  /** What a route answers that has accepted. */
  static readonly accepted: Response = RESPONSE_ALREADY_SENT;

  readonly response: http.ServerResponse;
  readonly #parts: UpgradeParts;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
    this.response = new http.ServerResponse(parts.incoming);
    this.response.shouldKeepAlive = false;
    this.response.assignSocket(parts.socket);
    this.response.once("finish", () => endThenCut(parts.socket, parts.lingerMs));
  }

  /** The viewer's socket, open; `undefined` when the request is no WebSocket handshake. */
  accept(): ViewerSocket | undefined {
    const { incoming, socket, head, reset } = this.#parts;
    const handshake = handshakeOf(incoming);
    if (handshake === undefined || !socket.writable) return undefined;
    this.response.detachSocket(socket);
    socket.write(handshake.answer);
    if (head.byteLength > 0) socket.unshift(head);
    return new ViewerSocket(socket, reset, handshake.speaksControl);
  }
}
