import type http from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";

/**
 * Ends a request at once, whatever it is in the middle of: one of HTTP/2 alone, one of HTTP/1.1 with
 * its connection. `destroy` of the former leaves it open, with all that is still to be sent.
 */
export function cut(
  message: http.IncomingMessage | http.ServerResponse | Http2ServerRequest | Http2ServerResponse,
): void {
  if ("stream" in message) message.stream.close(constants.NGHTTP2_CANCEL);
  else message.destroy();
}

/**
 * Who is answered in the middle of sending a body may send a little more of it and see the answer,
 * and is then cut off: closing at once could take the answer away again (RFC 9112, 9.6).
 */
export function lingerThenCut(
  incoming: http.IncomingMessage | Http2ServerRequest,
  lingerMs: number,
): void {
  if (incoming.complete || incoming.destroyed) return;
  const timer = setTimeout(() => cut(incoming), lingerMs);
  // Its close comes a little later than its socket's.
  const socket = incoming.httpVersionMajor === 1 ? incoming.socket : undefined;
  const stay = () => {
    clearTimeout(timer);
    // A connection may see a thousand requests.
    socket?.off("close", stay);
  };
  incoming.once("end", stay);
  incoming.once("close", stay);
  socket?.once("close", stay);
  incoming.resume();
}

/** Who asks and does not read the answer keeps neither it nor the connection. */
export function cutIfUnread(
  outgoing: http.ServerResponse | Http2ServerResponse,
  socket: Socket | undefined,
  { withinMs, onCut }: { readonly withinMs: number; readonly onCut: () => void },
): void {
  if (!outgoing.writableEnded || outgoing.writableFinished || outgoing.destroyed) return;
  // An answer that waits for the one before it has no connection yet, and hears nothing of its end.
  if (socket?.destroyed) return;
  const timer = setTimeout(() => {
    onCut();
    cut(outgoing);
  }, withinMs);
  const stay = () => {
    clearTimeout(timer);
    socket?.off("close", stay);
  };
  outgoing.once("finish", stay);
  outgoing.once("close", stay);
  socket?.once("close", stay);
}

/**
 * Answers a connection that is not going to be served, whatever it was going to ask, and lets it
 * read that before it is cut off.
 */
export function turnAway(
  socket: Socket,
  answer: { readonly status: number; readonly code: string; readonly message: string },
  lingerMs: number,
): void {
  const { status, code, message } = answer;
  const body = JSON.stringify({ error: { code, message } });
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}`,
    "Content-Type: application/json",
    `Content-Length: ${new TextEncoder().encode(body).byteLength}`,
    "Connection: close",
    ...(status === 400 ? [] : [`Retry-After: ${RETRY_AFTER_S}`]),
  ];
  endThenCut(socket, lingerMs, `${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Ends our half of a connection; whoever keeps the other open for long is cut off. */
export function endThenCut(socket: Socket, lingerMs: number, lastWords = ""): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(timer));
  socket.resume();
  socket.end(lastWords);
}

const RETRY_AFTER_S = 10;
const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  429: "Too Many Requests",
  503: "Service Unavailable",
};
