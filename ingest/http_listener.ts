import { epochNowMs } from "@porthole/protocol";
import { type AddressList, logFor, urlHost } from "@porthole/protocol/service";
import { once } from "node:events";
import http from "node:http";
import type { Socket } from "node:net";
import type { RequestHandler } from "./connection.ts";
import { Http2Connections } from "./http2_connections.ts";
import { turnAway } from "./answer_bounds.ts";
import { onConnectionStart } from "./connection_start.ts";
import { ConnectionGate, type ConnectionLimits } from "./limits/connection_gate.ts";
import { ACCEPT_BACKLOG } from "./limits/descriptors.ts";
import { Slots } from "./limits/slots.ts";
import type { Metrics } from "./metrics.ts";
import { requestAnswerer } from "./request_answerer.ts";
import { addressOf } from "./socket_address.ts";
import { type Certificate, type CertificateFiles, readCertificate } from "./tls/certificate.ts";
import { CertificateWatch } from "./tls/certificate_watch.ts";
import { SecureLayer } from "./tls/secure_layer.ts";
import { Upgrade } from "./upgrade.ts";

/** How long clients may take, ms. */
export interface ListenerTimes {
  /** Until a connection has said what it is, its handshake is done, and its request's head is there. */
  readonly headMs: number;
  readonly checkHeadsEveryMs: number;
  /** Longer than proxies keep a connection: they are to close it, not to find it closed. */
  readonly keepAliveMs: number;
  readonly http2IdleMs: number;
  /** What who is refused may go on to send, so that it sees the answer. */
  readonly lingerMs: number;
  /** Until an answer is read. */
  readonly readMs: number;
  readonly lookForCertificateMs: number;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Others may listen there too, if they say so as well: Linux spreads connections over them. */
  readonly reusePort?: boolean;
  readonly limits: ConnectionLimits;
  readonly metrics: Metrics;
  /** Whose `X-Forwarded-For` is believed. */
  readonly proxies?: AddressList | undefined;
  /** With them the port speaks TLS and nothing else. */
  readonly certificateFiles?: CertificateFiles;
  readonly times?: Partial<ListenerTimes>;
}

const TIMES: ListenerTimes = {
  headMs: 10_000,
  checkHeadsEveryMs: 2_000,
  keepAliveMs: 65_000,
  http2IdleMs: 60_000,
  lingerMs: 500,
  readMs: 30_000,
  // Certificates change every few weeks.
  lookForCertificateMs: 10_000,
};
/** So long nothing comes or goes: TCP asks whether the other side is still there, ten times at most. */
const ASK_AFTER_MS = 60_000;
/** Above a usual frame: each write that reaches it ends with an event of its own, for each viewer. */
const HIGH_WATER_BYTES = 64 * 1024;
/** What is answered to who is turned away takes a descriptor, too: more are cut at once. */
export const MAX_TURNED_AWAY = 50;
/** Of one request. */
const MAX_HEAD_BYTES = 16 * 1024;

const log = logFor("ingest", "http");

/**
 * The one port of ingest: HTTP/1.1, HTTP/2, and the sockets that become WebSockets, all of them in
 * TLS or all in the clear.
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
  /** The connection outside of a TLS socket. */
  readonly #outside = new WeakMap<Socket, Socket>();
  readonly #server: http.Server;
  readonly #http2: Http2Connections;
  readonly #takeHttp1: (socket: Socket) => void;
  readonly #gate: ConnectionGate;
  readonly #turnedAway = new Slots(MAX_TURNED_AWAY);
  readonly #metrics: Metrics;
  readonly #times: ListenerTimes;
  #secure: SecureLayer | undefined;
  #watch: CertificateWatch | undefined;

  private constructor(handle: RequestHandler, { limits, metrics, times, proxies }: ListenOptions) {
    this.#gate = new ConnectionGate(limits, (address) => proxies?.allows(address) ?? false);
    this.#metrics = metrics;
    this.#times = { ...TIMES, ...times };
    const upgrades = new WeakMap<object, Upgrade>();
    const answer = requestAnswerer(handle, {
      proxies,
      lingerMs: this.#times.lingerMs,
      readMs: this.#times.readMs,
      onCut: () => this.#metrics.connectionsCut++,
      upgradeOf: (incoming) => upgrades.get(incoming),
    });
    this.#server = http.createServer(http1Options(this.#times), (incoming, outgoing) => {
      this.#countUnanswered(incoming.socket, outgoing);
      void answer(incoming, outgoing);
    });
    this.#server.on("upgrade", (incoming, duplex, head) => {
      const socket = duplex as Socket;
      // Its answer would come before those that are owed. No client that upgrades pipelines.
      if ((this.#unanswered.get(socket) ?? 0) > 0) return void socket.destroy();
      const { lingerMs } = this.#times;
      const reset = () => this.#reset(socket);
      const upgrade = new Upgrade({ incoming, socket, head, reset, lingerMs });
      upgrades.set(incoming, upgrade);
      void answer(incoming, upgrade.response);
    });
    const onFlood = () => this.#metrics.connectionsCut++;
    const bounds = { maxHeadBytes: MAX_HEAD_BYTES, idleMs: this.#times.http2IdleMs, onFlood };
    this.#http2 = new Http2Connections(bounds, answer);
    const takers = this.#server.listeners("connection");
    this.#server.removeAllListeners("connection");
    this.#takeHttp1 = (socket) => takers.forEach((take) => take.call(this.#server, socket));
    this.#server.on("connection", (socket: Socket) => this.#takeConnection(socket));
  }

  /**
   * @throws {Error} with Node's `code`, such as `EADDRINUSE`
   * @throws {MisuseError} when the certificate is not in order
   */
  static async listen(options: ListenOptions, handle: RequestHandler): Promise<HttpListener> {
    const { host, port, reusePort = false, certificateFiles } = options;
    const listener = new HttpListener(handle, options);
    if (certificateFiles !== undefined) await listener.#useTls(certificateFiles);
    try {
      const listening = once(listener.#server, "listening");
      listener.#server.listen({ host, port, reusePort, backlog: ACCEPT_BACKLOG });
      await listening;
    } catch (error) {
      await listener.#watch?.[Symbol.asyncDispose]();
      throw error;
    }
    return listener;
  }

  /** `http://127.0.0.1:3000/` */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("it does not listen");
    return `${this.#secure === undefined ? "http" : "https"}://${
      urlHost(address.address)
    }:${address.port}/`;
  }

  /** Lets nobody in any more; resolves when everybody has left. */
  async drain(): Promise<void> {
    const watched = this.#watch?.[Symbol.asyncDispose]();
    this.#server.close();
    this.#server.closeIdleConnections();
    // Not by `once` of node:events: that one rejects for a connection that breaks.
    const left = [...this.#sockets].map((socket) =>
      new Promise<void>((resolve) => socket.once("close", () => resolve()))
    );
    await Promise.all([watched, ...left]);
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

  async #useTls(files: CertificateFiles): Promise<void> {
    const certificate = await readCertificate(files);
    const secure = new SecureLayer({ certificate, highWaterMark: HIGH_WATER_BYTES }, {
      onSecure: (socket, raw) => {
        this.#outside.set(socket, raw);
        socket.on("error", (cause) => log.debug("a TLS connection broke", { cause }));
        if (socket.alpnProtocol === "h2") this.#http2.take(socket);
        else this.#sort(socket);
      },
      onFailed: () => this.#metrics.tlsFailures++,
    });
    this.#secure = secure;
    const use = (found: Certificate) => secure.use(found);
    const { lookForCertificateMs } = this.#times;
    this.#watch = new CertificateWatch(files, certificate, use, lookForCertificateMs);
  }

  #takeConnection(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", (cause) => log.debug("a connection broke", { cause }));
    const address = addressOf(socket);
    const refusal = this.#gate.refusal(address, epochNowMs());
    if (refusal !== undefined) {
      this.#metrics.connectionsRefused++;
      return this.#turnAway(socket, refusal);
    }
    // Who waits for pictures of a camera that is away, and has lost its power, says no goodbye.
    socket.setKeepAlive(true, ASK_AFTER_MS);
    this.#count(() => this.#gate.opened(address));
    socket.once("close", () => this.#count(() => this.#gate.closed(address)));
    this.#sort(socket);
  }

  #count(change: () => void): void {
    change();
    this.#metrics.connectionsOpen = this.#gate.total;
  }

  /** Whoever cannot read an answer in the clear, and whoever is one too many even for that, is cut. */
  #turnAway(socket: Socket, answer: Parameters<typeof turnAway>[1]): void {
    const slot = this.#secure === undefined || answer.status === 400
      ? this.#turnedAway.take()
      : undefined;
    if (slot === undefined) return void socket.destroy();
    socket.once("close", () => slot[Symbol.dispose]());
    turnAway(socket, answer, this.#times.lingerMs);
  }

  /** Whether outside or inside of TLS: to where it belongs by its first bytes. */
  #sort(socket: Socket): void {
    const onLate = () => {
      this.#metrics.connectionsCut++;
      socket.destroy();
    };
    const isSecure = this.#outside.has(socket);
    onConnectionStart(socket, { withinMs: this.#times.headMs, onLate }, (start) => {
      if (this.#secure !== undefined && !isSecure) {
        if (start !== "tls") return this.#turnAway(socket, SPEAKS_TLS);
        return this.#secure.take(socket, { withinMs: this.#times.headMs, onLate });
      }
      if (start === "http2") this.#http2.take(socket);
      else this.#takeHttp1(socket);
    });
  }

  /** At once, with all that is still to be sent given up, in the kernel's memory too. */
  #reset(socket: Socket): void {
    const outside = this.#outside.get(socket);
    (outside ?? socket).resetAndDestroy();
    if (outside !== undefined) socket.destroy();
  }
}

const SPEAKS_TLS = {
  status: 400,
  code: "https_required",
  message: "this port speaks TLS alone: use https:// (wss://) in place of http:// (ws://)",
} as const;

function http1Options(times: ListenerTimes): http.ServerOptions {
  return {
    // No bound on a request's time: a live publish is one request that lasts for weeks.
    requestTimeout: 0,
    headersTimeout: times.headMs,
    connectionsCheckingInterval: times.checkHeadsEveryMs,
    keepAliveTimeout: times.keepAliveMs,
    highWaterMark: HIGH_WATER_BYTES,
    maxHeaderSize: MAX_HEAD_BYTES,
  };
}
