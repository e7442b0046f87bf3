import { isIP } from "node:net";

/**
 * Whether a page of that origin is this server's own, or one that is allowed. The scheme does not
 * count: a proxy may speak TLS in front of a server that does not.
 *
 * @param origin the header `Origin` (RFC 6454, 7); `null`, of sandboxed pages, is nobody's
 * @param host of the request, with its port unless that is the default one
 */
export function isWelcomeOrigin(
  origin: string,
  host: string,
  allowedOrigins: readonly string[],
): boolean {
  if (allowedOrigins.includes(origin)) return true;
  return /^https?:\/\//.test(origin) && URL.canParse(origin) && new URL(origin).host === host;
}

/**
 * Whether a name is one that nobody elsewhere can make point here. A page of `evil.example` whose
 * address turns into this machine's (DNS rebinding) is of the same origin as its server; only the
 * name in `Host` tells. Names without a dot are looked up in the local network alone.
 *
 * @param hostname as `URL` writes it
 * @param ownNames names that the operator gave it
 */
export function isLocalName(hostname: string, ownNames: readonly string[]): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0) return true;
  return !name.includes(".") || name.endsWith(".localhost") || ownNames.includes(name);
}
