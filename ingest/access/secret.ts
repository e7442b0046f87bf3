import { createHash, scryptSync, timingSafeEqual } from "node:crypto";

/** Compares with a secret in constant time, whatever the length of what is given. */
export class Secret {
  readonly #digest: Uint8Array;

  constructor(secret: string) {
    this.#digest = digest(secret);
  }

  matches(given: string): boolean {
    return timingSafeEqual(digest(given), this.#digest);
  }
}

/** Of equal length whatever the text's, as the comparison wants it. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** RFC 7914: 32 MiB and about a tenth of a second, once at the start. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const KEY_BYTES = 32;

/**
 * The key that signs the sessions of those who know the password: the same after a restart and on
 * every worker, and another one as soon as the password is. Whoever has a session must not find the
 * password by trying all likely ones against its signature: each try is made slow, and worth nothing
 * without `otherSecrets`.
 *
 * @param otherSecrets other settings that are secret; changing one ends the sessions too
 */
export function sessionSecret(
  password: string,
  otherSecrets: readonly string[],
): Uint8Array<ArrayBuffer> {
  const salt = JSON.stringify(["porthole session", ...otherSecrets]);
  return new Uint8Array(scryptSync(password, salt, KEY_BYTES, SCRYPT));
}

/** Keyboards write é as one character or as two. */
export function normalizePassword(password: string): string {
  return password.normalize("NFC");
}
