import type { AddressList } from "@porthole/protocol/service";
import { isIP } from "node:net";

/** What some proxies put behind an address: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([0-9a-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d+)?$/i;

/**
 * Whom a request is from, where proxies may stand in between: each adds, at the end of
 * `X-Forwarded-For`, who it had the request from. What a proxy of ours says is true; whatever stands
 * before that anybody may have written there. Pure.
 *
 * @param peer who the connection is from
 * @param forwardedFor the header, all of them joined by commas
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  proxies: AddressList | undefined,
): string {
  let client = peer;
  const hops = forwardedFor?.split(",") ?? [];
  while (proxies?.allows(client) && hops.length > 0) {
    const hop = addressIn(hops.pop() ?? "");
    // A name, or nothing that can be told: the proxy itself has to do.
    if (hop === undefined) return client;
    client = hop;
  }
  return client;
}

function addressIn(hop: string): string | undefined {
  const text = hop.trim();
  const [, ipv6, ipv4] = WITH_PORT.exec(text) ?? [];
  const address = (ipv6 ?? ipv4 ?? text).replace(/^::ffff:(?=\d+\.)/i, "");
  return isIP(address) === 0 ? undefined : address;
}
