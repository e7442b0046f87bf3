import { isIPv6 } from "node:net";

const GROUPS_OF_A_NETWORK = 4;
const GROUPS = 8;

/**
 * What limits of an address count as one: an IPv4 address, or the network of an IPv6 address, of
 * whose 2^64 addresses one subscriber has all (RFC 6177, section 2).
 */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("%")[0]?.split("::") ?? [];
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : GROUPS - first.length - last.length;
  const groups = [...first, ...new Array<string>(Math.max(0, zeros)).fill("0"), ...last];
  const network = groups.slice(0, GROUPS_OF_A_NETWORK).map((group) => parseInt(group, 16));
  return `${network.map((group) => group.toString(16)).join(":")}::/64`;
}
