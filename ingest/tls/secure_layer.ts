import { logFor } from "@porthole/protocol/service";
import type { Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import type { Certificate } from "./certificate.ts";

export interface SecureLayerHandlers {
  /** A handshake is done: `socket` is what is inside of `raw`. */
  onSecure(socket: TLSSocket, raw: Socket): void;
  /** The connection ended before its handshake did. */
  onFailed(): void;
}

export interface SecureLayerOptions {
  readonly certificate: Certificate;
  /** Of the sockets inside, as of those outside. */
  readonly highWaterMark: number;
}

/** One that is under way. */
interface Handshake {
  readonly raw: Socket;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** RFC 8996: older ones are not to be used. */
const MIN_VERSION = "TLSv1.2";
/** In the order of preference of ours, as RFC 7301 wants it: HTTP/2 for pages, 1.1 for sockets. */
const ALPN_PROTOCOLS = ["h2", "http/1.1"];

const log = logFor("ingest", "tls");

/**
 * TLS on connections that were accepted, and looked at, by another server. The connection outside
 * is kept hold of: it alone can be reset, where the end of a TLS socket waits behind what its peer
 * does not read.
 */
export class SecureLayer {
  readonly #server: tls.Server;
  /** Connections whose handshake is under way, by who is at both of their ends. */
  readonly #waiting = new Map<string, Handshake>();
  readonly #onFailed: () => void;

  constructor({ certificate, highWaterMark }: SecureLayerOptions, handlers: SecureLayerHandlers) {
    // Handed to each socket, though the types know it of the server's own alone.
    const sockets = { highWaterMark };
    this.#server = tls.createServer({
      ...contextOf(certificate),
      ...sockets,
      ALPNProtocols: ALPN_PROTOCOLS,
    }, (socket) => {
      const waiting = this.#waiting.get(endsOf(socket));
      // Gone in the moment in which it was ready.
      if (waiting === undefined) return void socket.destroy();
      this.#waiting.delete(endsOf(socket));
      clearTimeout(waiting.timer);
      handlers.onSecure(socket, waiting.raw);
    });
    // Its connection is closed by then, which is what is counted.
    this.#server.on("tlsClientError", (cause) => log.debug("a TLS handshake failed", { cause }));
    this.#onFailed = handlers.onFailed;
  }

  /** Does the handshake, in the time there is for it; what came first is to be back in the socket. */
  take(raw: Socket, { withinMs, onLate }: { readonly withinMs: number; onLate(): void }): void {
    const ends = endsOf(raw);
    const timer = setTimeout(onLate, withinMs);
    this.#waiting.set(ends, { raw, timer });
    raw.once("close", () => {
      clearTimeout(timer);
      if (this.#waiting.delete(ends)) this.#onFailed();
    });
    // Nobody says anything more to who has gone in the middle of a handshake.
    raw.allowHalfOpen = false;
    this.#server.emit("connection", raw);
  }

  /** For all handshakes from now on; connections that are there go on with the one they have. */
  use(certificate: Certificate): void {
    this.#server.setSecureContext(contextOf(certificate));
  }
}

function contextOf({ cert, key }: Certificate): tls.SecureContextOptions {
  return { cert, key, minVersion: MIN_VERSION };
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
