import type { Upgrade } from "./upgrade.ts";

/** What routes get besides the request. */
export interface Connection {
  /** The client's network address, as far as proxies that are trusted tell. */
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
