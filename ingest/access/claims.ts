import { STREAM_ID_PATTERN } from "@porthole/protocol";
import { z } from "zod";
import { EVERY_STREAM, type Grant } from "./grant.ts";

/** What a signed token says (RFC 7519, 4), as it is minted here. */
export interface Claims {
  readonly watch: readonly string[];
  readonly publish: readonly string[];
  readonly operate: boolean;
  /** Seconds since the epoch. */
  readonly exp: number;
}

/** From and for whom a token has to be; empty for whomever. */
export interface Meant {
  readonly issuer: string;
  readonly audience: string;
}

/** Why a token is worth nothing; the message is for whoever sent it, and holds nothing of it. */
export class TokenError extends Error {
  override readonly name = "TokenError";
}

const MAX_STREAMS = 256;
/** 9999-12-31: later ones are no dates. */
const MAX_SECONDS = 253_402_300_799;
/** Clocks of those who issue tokens may be ahead of ours by so much. */
const CLOCK_SKEW_MS = 60_000;

const seconds = z.number().min(0).max(MAX_SECONDS);
const streams = z.array(z.union([z.literal(EVERY_STREAM), z.string().regex(STREAM_ID_PATTERN)]))
  .max(MAX_STREAMS);

const CLAIMS = z.object({
  watch: streams.default([]),
  publish: streams.default([]),
  operate: z.boolean().default(false),
  exp: seconds,
  nbf: seconds.default(0),
});

const NAMED = z.object({
  iss: z.string().default(""),
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
});

/**
 * Whoever signs tokens for many services signs those of others with the same keys: by them alone a
 * token for another one would do here (RFC 8725, 3.8 and 3.9).
 *
 * @throws {TokenError} with the reason in words
 */
export function assertMeant(payload: unknown, { issuer, audience }: Meant): void {
  const { iss, aud } = NAMED.safeParse(payload).data ?? { iss: "", aud: [] };
  if (issuer !== "" && iss !== issuer) {
    throw new TokenError("the token is not by who AUTH_ISSUER names; get one from there");
  }
  if (audience !== "" && !aud.includes(audience)) {
    throw new TokenError("the token is not for what AUTH_AUDIENCE names; get one for this server");
  }
}

/**
 * What a token allows whose signature has been found to be right. Claims that are not known mean
 * nothing; known ones that are malformed make the token worthless. `exp` is taken strictly.
 *
 * @param nowMs by the wall clock
 * @throws {TokenError} with the reason in words
 */
export function grantOf(payload: unknown, nowMs: number): Grant {
  const parsed = CLAIMS.safeParse(payload);
  if (!parsed.success) {
    const wrong = [...new Set(parsed.error.issues.map(({ path }) => String(path[0] ?? "claims")))];
    throw new TokenError(`the token's claims are missing or wrong: ${wrong.join(", ")}`);
  }
  const { watch, publish, operate, exp, nbf } = parsed.data;
  const expiresAtMs = exp * 1000;
  if (nowMs >= expiresAtMs) throw new TokenError("the token has expired; get a new one");
  if (nowMs + CLOCK_SKEW_MS < nbf * 1000) {
    throw new TokenError("the token is not valid yet; are the clocks right?");
  }
  return { watch: new Set(watch), publish: new Set(publish), operate, expiresAtMs };
}
