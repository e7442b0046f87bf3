import type { AccessConfig, Guards } from "./access_config.ts";
import { guardsOf } from "./access_config.ts";
import { type Grant, PUBLISHER, type Right, watcherUntil } from "./grant.ts";
import { KeySet, keySource } from "./key_set.ts";
import { normalizePassword, Secret, sessionSecret } from "./secret.ts";
import { hmacKey, signToken, TokenVerifier } from "./token_verifier.ts";

const SESSION_S = 30 * 24 * 3600;

/** A token that was checked, and what it allows. */
export interface Session {
  readonly token: string;
  readonly grant: Grant;
}

/** Who is who: passwords and tokens in, grants out. */
export class Access {
  readonly #guards: Guards;
  readonly #publishToken: Secret | undefined;
  readonly #password: Secret | undefined;
  readonly #sessionKey: Promise<CryptoKey> | undefined;
  readonly #verifier: TokenVerifier;

  constructor(config: AccessConfig) {
    const { publishToken, watchPassword, authSecret, jwks, issuer, audience } = config;
    const password = normalizePassword(watchPassword);
    this.#guards = guardsOf(config);
    this.#publishToken = publishToken === "" ? undefined : new Secret(publishToken);
    this.#password = password === "" ? undefined : new Secret(password);
    this.#sessionKey = password === ""
      ? undefined
      : hmacKey(sessionSecret(password, [authSecret, publishToken]));
    const tokenKey = authSecret === "" ? [] : [hmacKey(new TextEncoder().encode(authSecret))];
    this.#verifier = new TokenVerifier({
      symmetric: this.#sessionKey === undefined ? tokenKey : [this.#sessionKey, ...tokenKey],
      keySet: jwks === "" ? undefined : new KeySet(keySource(jwks)),
      meant: { issuer, audience },
    });
  }

  /** Whether who uses that right has to say who they are. */
  isGuarded(right: Right): boolean {
    return this.#guards[right];
  }

  /** Whether there is a password to log in with. */
  get hasPassword(): boolean {
    return this.#password !== undefined;
  }

  /** What whoever sends `Authorization: Bearer` is allowed. @throws {TokenError} */
  async grantOfBearer(bearer: string): Promise<Grant> {
    if (this.#publishToken?.matches(bearer)) return PUBLISHER;
    return await this.grantOfToken(bearer);
  }

  /** Of a signed token alone. @throws {TokenError} */
  async grantOfToken(token: string): Promise<Grant> {
    return await this.#verifier.verify(token, Date.now());
  }

  /** A session of whoever knows the password; `undefined` for whoever does not. */
  async logIn(password: string): Promise<Session | undefined> {
    if (this.#sessionKey === undefined) return undefined;
    if (!this.#password?.matches(normalizePassword(password))) return undefined;
    const exp = Math.floor(Date.now() / 1000) + SESSION_S;
    const claims = { watch: ["*"], publish: [], operate: false, exp };
    const token = await signToken(claims, await this.#sessionKey);
    return { token, grant: watcherUntil(exp * 1000) };
  }
}
