import { sign, verify, verifyWithJwks } from "hono/jwt";
import { decodeHeader } from "hono/utils/jwt/jwt";
import { assertMeant, type Claims, grantOf, type Meant, TokenError } from "./claims.ts";
import type { Grant } from "./grant.ts";
import type { KeySet } from "./key_set.ts";

/** What fits into a cookie, of which browsers take 4096 bytes. */
export const MAX_TOKEN_CHARS = 3_072;

const ASYMMETRIC = ["RS256", "ES256", "EdDSA"] as const;
/** Times are looked at in `claims.ts`, after the signature and with some allowance. */
const SIGNATURE_ALONE = { exp: false, nbf: false, iat: false } as const;
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/** A key of HS256, from the bytes that both sides have. */
export function hmacKey(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", secret, HMAC, false, ["sign", "verify"]);
}

export function signToken(claims: Claims, key: CryptoKey): Promise<string> {
  return sign({ ...claims, iat: Math.floor(Date.now() / 1000) }, key, "HS256");
}

export interface TokenKeys {
  /** Keys of HS256, each of which may have signed. */
  readonly symmetric: readonly Promise<CryptoKey>[];
  /** Of RS256, ES256 and EdDSA. */
  readonly keySet: KeySet | undefined;
  /** What tokens that the latter signed have to say. */
  readonly meant?: Meant;
}

/**
 * Checks signed tokens (RFC 7519). Which keys are tried follows from the kind of algorithm that the
 * token names, and a key is only ever used for its own kind: a public key is no secret of HS256
 * (RFC 8725, 2.1), and `none` is no kind at all.
 */
export class TokenVerifier {
  readonly #keys: TokenKeys;

  constructor(keys: TokenKeys) {
    this.#keys = keys;
  }

  /** @param nowMs by the wall clock @throws {TokenError} */
  async verify(token: string, nowMs: number): Promise<Grant> {
    if (token.length > MAX_TOKEN_CHARS) {
      throw new TokenError(`a token has at most ${MAX_TOKEN_CHARS} characters`);
    }
    const { alg, kid } = headerOf(token);
    if (alg === "HS256") return grantOf(await this.#bySecret(token), nowMs);
    const payload = await this.#byKeySet(token, kid, nowMs);
    if (this.#keys.meant !== undefined) assertMeant(payload, this.#keys.meant);
    return grantOf(payload, nowMs);
  }

  async #bySecret(token: string): Promise<unknown> {
    for (const key of this.#keys.symmetric) {
      try {
        return await verify(token, await key, { alg: "HS256", ...SIGNATURE_ALONE });
      } catch {
        continue; // another of the keys may have signed it
      }
    }
    throw invalid();
  }

  async #byKeySet(token: string, kid: string, nowMs: number): Promise<unknown> {
    const keys = await this.#keys.keySet?.of(kid, nowMs) ?? [];
    try {
      return await verifyWithJwks(token, {
        keys,
        allowedAlgorithms: ASYMMETRIC,
        verification: SIGNATURE_ALONE,
      });
    } catch {
      throw invalid();
    }
  }
}

function headerOf(token: string): { readonly alg: unknown; readonly kid: string } {
  try {
    const { alg, kid } = decodeHeader(token);
    return { alg, kid: String(kid) };
  } catch {
    throw invalid();
  }
}

/** Without a cause: Hono's errors name the token. */
function invalid(): TokenError {
  return new TokenError("the token is not one of this server's, or not whole");
}
