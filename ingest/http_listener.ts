import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { logFor } from "@porthole/protocol/service";
import { once } from "node:events";
import http from "node:http";
import http2, { type Http2ServerRequest } from "node:http2";
import type { Socket } from "node:net";
import { Upgrade } from "./upgrade.ts";

/** What routes get besides the request. */
export interface Connection {
  /** The client's network address. */
  readonly address: string;
  /** The request's body, as it comes; in the place of `request.body`. Read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the request at once, whatever it is in the middle of. */
  readonly cut: () => void;
  /** There where the client wants to speak another protocol from now on. */
  readonly upgrade?: Upgrade;
}

export type RequestHandler = (
  request: Request,
  connection: Connection,
) => Response | Promise<Response>;

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Others may listen there too, if they say so as well: Linux spreads connections over them. */
  readonly reusePort?: boolean;
}

/** How every HTTP/2 connection starts (RFC 9113, 3.4), and no request of HTTP/1.1 does. */
const HTTP2_PREFACE = "PRI * HTTP/2.0";
/** Whoever connects and says nothing is let go. */
const FIRST_BYTES_WITHIN_MS = 10_000;
const LINGER_MS = 500;

const log = logFor("ingest", "http");

/**
 * The one port of ingest: HTTP/1.1, HTTP/2 in the clear, and the sockets that become WebSockets.
 *
 * Node's server and not `Deno.serve`, because it hands an upgraded connection over as the socket
 * that it is: a viewer that stops reading can be cut off at once, where `Deno.upgradeWebSocket`
 * waits behind its blocked write (denoland/deno#24292, #25126), open sockets do not hold up a stop
 * (#28466), and a frame goes out to a thousand sockets without one copy.
 */
export class HttpListener implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server: http.Server;

  private constructor(handle: RequestHandler) {
    const upgrades = new WeakMap<HttpBindings["incoming"] | object, Upgrade>();
    const listener = getRequestListener((request, { incoming, outgoing }) => {
      outgoing.once("finish", () => lingerThenCut(incoming));
      const upgrade = upgrades.get(incoming);
      return handle(request, {
        address: addressOf(incoming.socket),
        // Who stops reading half way still answers.
        body: incoming.iterator({ destroyOnReturn: false }),
        cut: () => incoming.destroy(),
        ...(upgrade === undefined ? {} : { upgrade }),
      });
    }, { overrideGlobalObjects: false, autoCleanupIncoming: false });
    // No bound on a request's time: a live publish is one request that lasts for weeks.
    this.#server = http.createServer({ requestTimeout: 0 }, listener);
    this.#server.on("upgrade", (incoming, socket, head) => {
      const upgrade = new Upgrade({ incoming, socket: socket as Socket, head });
      upgrades.set(incoming, upgrade);
      void listener(incoming, upgrade.response);
    });
    this.#takeHttp2(http2.createServer(listener));
  }

  /** @throws {Error} with Node's `code`, such as `EADDRINUSE` */
  static async listen(
    { host, port, reusePort = false }: ListenOptions,
    handle: RequestHandler,
  ): Promise<HttpListener> {
    const listener = new HttpListener(handle);
    const listening = once(listener.#server, "listening");
    listener.#server.listen({ host, port, reusePort });
    await listening;
    return listener;
  }

  /** `http://127.0.0.1:3000/` */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("it does not listen");
    const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}/`;
  }

  /** Lets nobody in any more; resolves when everybody has left. */
  async drain(): Promise<void> {
    this.#server.close();
    this.#server.closeIdleConnections();
    await Promise.all([...this.#sockets].map((socket) => once(socket, "close")));
  }

  /** Ends every connection, whatever it is in the middle of. Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    const drained = this.drain();
    for (const socket of this.#sockets) socket.destroy();
    await drained;
  }

  /** Connections that start as HTTP/2 does go to that server, all others to ours. */
  #takeHttp2(http2Server: http2.Http2Server): void {
    const server = this.#server;
    const takeHttp1 = server.listeners("connection");
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", (cause) => log.debug("a connection broke", { cause }));
      socket.setTimeout(FIRST_BYTES_WITHIN_MS, () => socket.destroy());
      socket.once("readable", () => {
        const first: Uint8Array | null = socket.read();
        if (first === null) return;
        socket.setTimeout(0);
        socket.unshift(first);
        if (startsAsHttp2(first)) http2Server.emit("connection", socket);
        else for (const take of takeHttp1) take.call(server, socket);
      });
    });
  }
}

/**
 * Who is answered in the middle of sending a body may send a little more of it and see the answer,
 * and is then cut off: closing at once could take the answer away again (RFC 9112, 9.6).
 */
function lingerThenCut(incoming: http.IncomingMessage | Http2ServerRequest): void {
  if (incoming.complete || incoming.destroyed) return;
  const timer = setTimeout(() => incoming.destroy(), LINGER_MS);
  const stay = () => clearTimeout(timer);
  incoming.once("end", stay);
  incoming.once("close", stay);
  // Its close comes a little later than its socket's.
  if (incoming.httpVersionMajor === 1) incoming.socket.once("close", stay);
  incoming.resume();
}

/** Fewer bytes than the preface decide already: no method of HTTP/1.1 starts with `PRI`. */
function startsAsHttp2(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, HTTP2_PREFACE.length));
  return start.length >= 3 && HTTP2_PREFACE.startsWith(start);
}

/** IPv4 as such, also where it came in by a socket of both kinds. */
function addressOf(socket: Socket | undefined): string {
  return socket?.remoteAddress?.replace(/^::ffff:/i, "") ?? "unknown";
}
