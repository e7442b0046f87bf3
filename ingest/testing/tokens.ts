import { Buffer } from "node:buffer";
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export const AUTH_SECRET = "a secret of 32 characters or more".replaceAll(" ", "-");

/** Seconds since the epoch, so many from now. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

/** Signed by hand, so that it can be wrong in every way. */
export function hs256(
  claims: unknown,
  { secret = AUTH_SECRET as string | Uint8Array, header = {} }: {
    secret?: string | Uint8Array;
    header?: Record<string, unknown>;
  } = {},
): string {
  const signed = unsigned({ alg: "HS256", typ: "JWT", ...header }, claims);
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** Good for an hour. */
export function tokenFor(claims: Record<string, unknown>): string {
  return hs256({ exp: secondsFromNow(3600), ...claims });
}

/** Header and claims, with the dot in between. */
export function unsigned(header: unknown, claims: unknown): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
}

/** A key pair of whoever issues tokens elsewhere. */
export class Issuer {
  readonly #privateKey: KeyObject;
  readonly publicKey: KeyObject;

  constructor(readonly alg: "RS256" | "ES256" | "EdDSA", readonly kid: string = alg) {
    const { privateKey, publicKey } = alg === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : alg === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("ed25519");
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
  }

  get jwk(): Record<string, unknown> {
    return { ...this.publicKey.export({ format: "jwk" }), kid: this.kid };
  }

  get privateJwk(): Record<string, unknown> {
    return { ...this.#privateKey.export({ format: "jwk" }), kid: this.kid };
  }

  token(claims: unknown, header: Record<string, unknown> = {}): string {
    const signed = unsigned({ alg: this.alg, kid: this.kid, ...header }, claims);
    const hash = this.alg === "EdDSA" ? null : "sha256";
    const key = { key: this.#privateKey, dsaEncoding: "ieee-p1363" } as const;
    return `${signed}.${sign(hash, Buffer.from(signed), key).toString("base64url")}`;
  }
}
