import { getRequestListener } from "@hono/node-server";
import { type AddressList, logFor } from "@porthole/protocol/service";
import type http from "node:http";
import type http2 from "node:http2";
import { clientAddress } from "./access/client_address.ts";
import { cut, cutIfUnread, lingerThenCut } from "./answer_bounds.ts";
import type { RequestHandler } from "./connection.ts";
import { addressOf } from "./socket_address.ts";
import type { Upgrade } from "./upgrade.ts";

/** Has a request answered, of HTTP/1.1 or HTTP/2, and sees to its end. Does not reject. */
export type RequestAnswerer = (
  incoming: http.IncomingMessage | http2.Http2ServerRequest,
  outgoing: http.ServerResponse | http2.Http2ServerResponse,
) => Promise<void>;

export interface AnswererOptions {
  /** Whose `X-Forwarded-For` is believed. */
  readonly proxies: AddressList | undefined;
  /** What who is refused may go on to send, so that it sees the answer, ms. */
  readonly lingerMs: number;
  /** Until an answer is read, ms. */
  readonly readMs: number;
  /** A connection whose answer was not read was cut. */
  readonly onCut: () => void;
  /** Of a request that wants to speak another protocol. */
  readonly upgradeOf: (incoming: object) => Upgrade | undefined;
}

const log = logFor("ingest", "http");

export function requestAnswerer(
  handle: RequestHandler,
  { proxies, lingerMs, readMs, onCut, upgradeOf }: AnswererOptions,
): RequestAnswerer {
  const listener = getRequestListener((request, { incoming, outgoing }) => {
    outgoing.once("finish", () => lingerThenCut(incoming, lingerMs));
    const upgrade = upgradeOf(incoming);
    return handle(request, {
      address: clientOf(incoming, proxies),
      // Who stops reading half way still answers.
      body: incoming.iterator({ destroyOnReturn: false }),
      cut: () => cut(incoming),
      canUpgrade: incoming.httpVersionMajor === 1,
      ...(upgrade === undefined ? {} : { upgrade }),
    });
  }, { overrideGlobalObjects: false, autoCleanupIncoming: false });
  return async (incoming, outgoing) => {
    const socket = incoming.httpVersionMajor === 1 ? incoming.socket : undefined;
    try {
      await listener(incoming, outgoing);
      cutIfUnread(outgoing, socket, { withinMs: readMs, onCut });
    } catch (cause) {
      // The end of one request, whatever was wrong with it, never of all others.
      log.error("an answer failed", { cause });
      cut(outgoing);
    }
  };
}

function clientOf(
  { socket, headers }: http.IncomingMessage | http2.Http2ServerRequest,
  proxies: AddressList | undefined,
): string {
  const forwardedFor = headers["x-forwarded-for"];
  return clientAddress(addressOf(socket), forwardedFor?.toString(), proxies);
}
