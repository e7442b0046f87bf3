import { TOKEN_SUBPROTOCOL_PREFIX } from "@porthole/protocol";
import type { Context } from "hono";

/**
 * The token that a WebSocket handshake offers among its subprotocols. Browsers let pages set no
 * other header of it, cookies do not come from other sites, and an address would be logged.
 */
export function handshakeToken({ req }: Context): string | undefined {
  return req.header("sec-websocket-protocol")?.split(",")
    .map((name) => name.trim())
    .find((name) => name.startsWith(TOKEN_SUBPROTOCOL_PREFIX))
    ?.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
}
