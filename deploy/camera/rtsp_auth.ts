import { createHash, timingSafeEqual } from "node:crypto";

export type AuthScheme = "none" | "basic" | "digest";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What a server asks of its clients; `nonce` is one connection's own. */
export interface Challenge {
  readonly scheme: "basic" | "digest";
  readonly realm: string;
  readonly nonce: string;
}

export type AuthVerdict = "granted" | "denied" | "stale";

/** The value of `WWW-Authenticate` (RFC 7617, RFC 7616). */
export function formatChallenge({ scheme, realm, nonce }: Challenge, stale: boolean): string {
  if (scheme === "basic") return `Basic realm=${quote(realm)}`;
  // No qop: most cameras send none, and GStreamer's client knows nothing of it.
  const parts = [`realm=${quote(realm)}`, `nonce=${quote(nonce)}`, `algorithm=MD5`];
  if (stale) parts.push("stale=TRUE");
  return `Digest ${parts.join(", ")}`;
}

/**
 * Judges the `Authorization` of one request.
 *
 * @returns `stale` when the answer to another nonce than the challenge's is right: the client need
 * not ask its user again
 */
export function checkAuthorization(
  authorization: string | undefined,
  challenge: Challenge,
  credentials: Credentials,
  request: { readonly method: string; readonly url: string },
): AuthVerdict {
  const [, scheme = "", rest = ""] = /^\s*(\S+)\s+(.*)$/s.exec(authorization ?? "") ?? [];
  if (scheme.toLowerCase() !== challenge.scheme) return "denied";
  return challenge.scheme === "basic"
    ? checkBasic(rest, credentials)
    : checkDigest(parseParameters(rest), challenge, credentials, request);
}

function checkBasic(token: string, { user, password }: Credentials): AuthVerdict {
  const expected = new TextEncoder().encode(`${user}:${password}`).toBase64();
  return isEqual(token.trim(), expected) ? "granted" : "denied";
}

function checkDigest(
  given: ReadonlyMap<string, string>,
  challenge: Challenge,
  credentials: Credentials,
  request: { readonly method: string; readonly url: string },
): AuthVerdict {
  const nonce = given.get("nonce") ?? "";
  const isForThisRequest = given.get("username") === credentials.user &&
    given.get("realm") === challenge.realm &&
    given.get("uri") === request.url &&
    (given.get("algorithm") ?? "MD5").toUpperCase() === "MD5";
  if (!isForThisRequest) return "denied";
  const expected = digestResponse({
    ...credentials,
    realm: challenge.realm,
    nonce,
    method: request.method,
    url: request.url,
    ...qualityOfProtection(given),
  });
  if (!isEqual((given.get("response") ?? "").toLowerCase(), expected)) return "denied";
  return nonce === challenge.nonce ? "granted" : "stale";
}

interface QualityOfProtection {
  readonly qop: string;
  readonly nonceCount: string;
  readonly clientNonce: string;
}

function qualityOfProtection(
  given: ReadonlyMap<string, string>,
): { readonly protection?: QualityOfProtection } {
  const qop = given.get("qop");
  if (qop === undefined) return {};
  const nonceCount = given.get("nc") ?? "";
  return { protection: { qop, nonceCount, clientNonce: given.get("cnonce") ?? "" } };
}

/** `request-digest` of RFC 2617, section 3.2.2.1, with MD5; without `protection`, of RFC 2069. */
export function digestResponse(
  { user, realm, password, method, url, nonce, protection }: Credentials & {
    readonly realm: string;
    readonly method: string;
    readonly url: string;
    readonly nonce: string;
    readonly protection?: QualityOfProtection;
  },
): string {
  const secret = md5(`${user}:${realm}:${password}`);
  const subject = md5(`${method}:${url}`);
  if (protection === undefined) return md5(`${secret}:${nonce}:${subject}`);
  const { qop, nonceCount, clientNonce } = protection;
  return md5(`${secret}:${nonce}:${nonceCount}:${clientNonce}:${qop}:${subject}`);
}

function parseParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const match of text.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gs)) {
    const [, name = "", quoted, token = ""] = match;
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/gs, "$1") ?? token);
  }
  return parameters;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

function isEqual(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  const [aBytes, bBytes] = [encoder.encode(a), encoder.encode(b)];
  return aBytes.length === bBytes.length && timingSafeEqual(aBytes, bBytes);
}
