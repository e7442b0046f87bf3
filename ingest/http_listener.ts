import { getRequestListener } from "@hono/node-server";
import { logFor } from "@porthole/protocol/service";
import { once } from "node:events";
import http from "node:http";
import http2, { type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
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
  /** Over HTTP/2 a connection cannot change its protocol (RFC 9113, 8.6). */
  readonly canUpgrade: boolean;
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
  /** More are not accepted: a process that runs out of files accepts none ever again. */
  readonly maxConnections: number;
}

/** How every HTTP/2 connection starts (RFC 9113, 3.4), and no method of HTTP/1.1 does. */
const HTTP2_START = "PRI";
/** Whoever connects and does not say what it wants is let go. */
const HEAD_WITHIN_MS = 10_000;
const CHECK_HEADS_EVERY_MS = 2_000;
/** Above a usual frame: each write that reaches it ends with an event of its own, for each viewer. */
const HIGH_WATER_BYTES = 64 * 1024;
/** Longer than proxies keep a connection: they are to close it, not to find it closed. */
const KEEP_ALIVE_MS = 65_000;
const HTTP2_IDLE_MS = 60_000;
const LINGER_MS = 500;
/** An answer that nobody reads is given up. */
const READ_WITHIN_MS = 30_000;

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
  /** Requests that a connection has not been answered yet. */
  readonly #unanswered = new WeakMap<Socket, number>();
  readonly #server: http.Server;

  private constructor(handle: RequestHandler) {
    const upgrades = new WeakMap<object, Upgrade>();
    const listener = getRequestListener((request, { incoming, outgoing }) => {
      outgoing.once("finish", () => lingerThenCut(incoming));
      const upgrade = upgrades.get(incoming);
      return handle(request, {
        address: addressOf(incoming.socket),
        // Who stops reading half way still answers.
        body: incoming.iterator({ destroyOnReturn: false }),
        cut: () => incoming.destroy(),
        canUpgrade: incoming.httpVersionMajor === 1,
        ...(upgrade === undefined ? {} : { upgrade }),
      });
    }, { overrideGlobalObjects: false, autoCleanupIncoming: false });
    const answer: typeof listener = async (incoming, outgoing) => {
      const socket = incoming.httpVersionMajor === 1 ? incoming.socket : undefined;
      try {
        await listener(incoming, outgoing);
        cutIfUnread(outgoing, socket);
      } catch (cause) {
        // The end of one request, whatever was wrong with it, never of all others.
        log.error("an answer failed", { cause });
        outgoing.destroy();
      }
    };
    const options = {
      // No bound on a request's time: a live publish is one request that lasts for weeks.
      requestTimeout: 0,
      headersTimeout: HEAD_WITHIN_MS,
      connectionsCheckingInterval: CHECK_HEADS_EVERY_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      highWaterMark: HIGH_WATER_BYTES,
    };
    this.#server = http.createServer(options, (incoming, outgoing) => {
      this.#countUnanswered(incoming.socket, outgoing);
      void answer(incoming, outgoing);
    });
    this.#server.on("upgrade", (incoming, duplex, head) => {
      const socket = duplex as Socket;
      // Its answer would come before those that are owed. No client that upgrades pipelines.
      if ((this.#unanswered.get(socket) ?? 0) > 0) return void socket.destroy();
      const upgrade = new Upgrade({ incoming, socket, head });
      upgrades.set(incoming, upgrade);
      void answer(incoming, upgrade.response);
    });
    const http2Server = http2.createServer((incoming, outgoing) => void answer(incoming, outgoing));
    http2Server.on("session", (session) => {
      session.setTimeout(HTTP2_IDLE_MS, () => session.destroy());
      session.on("error", (cause) => log.debug("an HTTP/2 connection broke", { cause }));
    });
    this.#takeConnections(http2Server);
  }

  /** @throws {Error} with Node's `code`, such as `EADDRINUSE` */
  static async listen(
    { host, port, reusePort = false, maxConnections }: ListenOptions,
    handle: RequestHandler,
  ): Promise<HttpListener> {
    const listener = new HttpListener(handle);
    listener.#server.maxConnections = maxConnections;
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
    // Not by `once` of node:events: that one rejects for a connection that breaks.
    const left = [...this.#sockets].map((socket) =>
      new Promise<void>((resolve) => socket.once("close", () => resolve()))
    );
    await Promise.all(left);
  }

  /** Ends every connection, whatever it is in the middle of. Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    const drained = this.drain();
    for (const socket of this.#sockets) socket.destroy();
    await drained;
  }

  #countUnanswered(socket: Socket, outgoing: http.ServerResponse): void {
    this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 0) + 1);
    outgoing.once("close", () => {
      this.#unanswered.set(socket, (this.#unanswered.get(socket) ?? 1) - 1);
    });
  }

  /** Connections that start as HTTP/2 does go to that server, all others to ours. */
  #takeConnections(http2Server: http2.Http2Server): void {
    const server = this.#server;
    const takeHttp1 = server.listeners("connection");
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.on("error", (cause) => log.debug("a connection broke", { cause }));
      const timer = setTimeout(() => socket.destroy(), HEAD_WITHIN_MS);
      socket.once("close", () => clearTimeout(timer));
      const look = () => {
        const first: Uint8Array | null = socket.read();
        if (first === null) return;
        socket.unshift(first);
        const start = new TextDecoder().decode(first.subarray(0, HTTP2_START.length));
        if (HTTP2_START.startsWith(start) && start !== HTTP2_START) return;
        clearTimeout(timer);
        socket.off("readable", look);
        if (start === HTTP2_START) http2Server.emit("connection", socket);
        else for (const take of takeHttp1) take.call(server, socket);
      };
      socket.on("readable", look);
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

/** Who asks and does not read the answer keeps neither it nor the connection. */
function cutIfUnread(
  outgoing: http.ServerResponse | Http2ServerResponse,
  socket: Socket | undefined,
): void {
  if (!outgoing.writableEnded || outgoing.writableFinished || outgoing.destroyed) return;
  // An answer that waits for the one before it has no connection yet, and hears nothing of its end.
  if (socket?.destroyed) return;
  const timer = setTimeout(() => outgoing.destroy(), READ_WITHIN_MS);
  const stay = () => clearTimeout(timer);
  outgoing.once("finish", stay);
  outgoing.once("close", stay);
  socket?.once("close", stay);
}

/** IPv4 as such, also where it came in by a socket of both kinds. */
function addressOf(socket: Socket | undefined): string {
  return socket?.remoteAddress?.replace(/^::ffff:/i, "") ?? "unknown";
}
