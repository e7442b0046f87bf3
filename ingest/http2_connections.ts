import { epochNowMs } from "@porthole/protocol";
import { logFor } from "@porthole/protocol/service";
import http2 from "node:http2";
import type { Socket } from "node:net";
import { Http2Intake } from "./http2_intake.ts";
import { TokenBucket } from "./limits/token_bucket.ts";

export interface Http2Bounds {
  /** Of one request. */
  readonly maxHeadBytes: number;
  /** A connection that nothing comes or goes on ends after that. */
  readonly idleMs: number;
  /** One that asked on and on is cut off. */
  readonly onFlood: () => void;
}

const MAX_HEADERS = 100;
/** Pages ask for a few files at once; a publish is one. */
const MAX_STREAMS = 100;
/** PING and SETTINGS, each of which is to be answered; what else floods Deno's nghttp2 ends. */
const ASKS_PER_SECOND = 10;
const ASKS_AT_ONCE = 100;

const log = logFor("ingest", "http");

/** The connections that speak HTTP/2, whether in TLS or in the clear. */
export class Http2Connections {
  readonly #server: http2.Http2Server;

  constructor(
    bounds: Http2Bounds,
    answer: (
      incoming: http2.Http2ServerRequest,
      outgoing: http2.Http2ServerResponse,
    ) => Promise<void>,
  ) {
    this.#server = http2.createServer(
      serverOptions(bounds.maxHeadBytes),
      (incoming, outgoing) => void answer(incoming, outgoing),
    );
    this.#server.on("session", (session) => bound(session, bounds));
  }

  take(socket: Socket): void {
    const intake = new Http2Intake(socket);
    intake.on("error", (cause) => log.debug("an HTTP/2 connection broke", { cause }));
    this.#server.emit("connection", intake);
  }
}

function bound(session: http2.ServerHttp2Session, { idleMs, onFlood }: Http2Bounds): void {
  session.setTimeout(idleMs, () => session.destroy());
  const asked = new TokenBucket(ASKS_PER_SECOND, ASKS_AT_ONCE);
  const ask = () => {
    if (session.destroyed || asked.take(1, epochNowMs())) return;
    onFlood();
    session.destroy();
  };
  session.on("ping", ask);
  session.on("remoteSettings", ask);
  session.on("error", (cause) => log.debug("an HTTP/2 connection broke", { cause }));
}

function serverOptions(maxHeadBytes: number): http2.ServerOptions {
  return {
    maxHeaderListPairs: MAX_HEADERS,
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: maxHeadBytes },
  };
}
