import { VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** RFC 6455, section 1.3. */
const ACCEPT_SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION = "13";
/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** A WebSocket handshake that was found to be one, and its answer. */
export interface Handshake {
  readonly speaksControl: boolean;
  /** The whole head of the 101. */
  readonly answer: string;
}

/**
 * What a request to become a WebSocket is to be answered with (RFC 6455, 4.2); `undefined` when it
 * is none. Of the subprotocols on offer ours is taken; with none of them the viewer is a plain one.
 * No extension is: video is compressed as it is.
 */
export function handshakeOf({ method, headers }: IncomingMessage): Handshake | undefined {
  const key = headers["sec-websocket-key"];
  const isHandshake = method === "GET" && headers.upgrade?.toLowerCase() === "websocket" &&
    headers["sec-websocket-version"] === VERSION && key !== undefined && KEY.test(key);
  if (!isHandshake) return undefined;
  const offered = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim());
  const speaksControl = offered?.includes(VIEWER_SUBPROTOCOL) ?? false;
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${createHash("sha1").update(key + ACCEPT_SALT).digest("base64")}`,
    ...(speaksControl ? [`Sec-WebSocket-Protocol: ${VIEWER_SUBPROTOCOL}`] : []),
  ];
  return { speaksControl, answer: `${lines.join("\r\n")}\r\n\r\n` };
}
