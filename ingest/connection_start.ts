import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** What a connection turns out to be by its first bytes. */
export type ConnectionStart = "tls" | "http1" | "http2";

/** How every HTTP/2 connection starts (RFC 9113, 3.4), and no method of HTTP/1.1 does. */
const HTTP2_START = "PRI";
/** The type of the record that a ClientHello comes in (RFC 8446, 5.1); no letter. */
const TLS_HANDSHAKE = 0x16;

/** `undefined` while too little has come to tell. Pure. */
export function connectionStartOf(first: Uint8Array): ConnectionStart | undefined {
  if (first[0] === TLS_HANDSHAKE) return "tls";
  const start = new TextDecoder().decode(first.subarray(0, HTTP2_START.length));
  if (start === HTTP2_START) return "http2";
  return HTTP2_START.startsWith(start) ? undefined : "http1";
}

/**
 * Tells what a connection is as soon as it has said enough, with all of that back in the socket;
 * who has not within the time is cut off.
 */
export function onConnectionStart(
  socket: Socket,
  { withinMs, onLate }: { readonly withinMs: number; readonly onLate: () => void },
  handle: (start: ConnectionStart) => void,
): void {
  const timer = setTimeout(onLate, withinMs);
  const stay = () => clearTimeout(timer);
  socket.once("close", stay);
  // Who leaves without a word waits for nothing: our half of it is not to stay open.
  const leave = () => void socket.destroy();
  socket.once("end", leave);
  let first: Buffer = Buffer.alloc(0);
  const look = () => {
    const more: Buffer | null = socket.read();
    if (more === null) return;
    first = first.byteLength === 0 ? more : Buffer.concat([first, more]);
    const start = connectionStartOf(first);
    // Not back into the socket yet: that would be something to read at once, over and over.
    if (start === undefined) return;
    stay();
    socket.off("close", stay);
    socket.off("end", leave);
    socket.off("readable", look);
    socket.unshift(first);
    handle(start);
  };
  socket.on("readable", look);
}
