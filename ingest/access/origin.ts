import { isIP } from "node:net";

/**
 * Whether a page of that origin is this server's own, or one that is allowed. A proxy may speak TLS
 * in front of a server that does not, so an `https` page is an `http` server's own. Where the server
 * speaks TLS itself an `http` page is not: on its way anybody may have changed it.
 *
 * @param origin the header `Origin` (RFC 6454, 7); `null`, of sandboxed pages, is nobody's
 * @param requested `protocol` and `host` of the request, the port left out where it is the default
 */
export function isWelcomeOrigin(
  origin: string,
  { protocol, host }: Pick<URL, "protocol" | "host">,
  allowedOrigins: readonly string[],
): boolean {
  if (allowedOrigins.includes(origin)) return true;
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  return page.host === host && (protocol !== "https:" || page.protocol === "https:");
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
