import { logFor } from "@porthole/protocol/service";
import type { HonoJsonWebKey } from "hono/utils/jwt/jws";
import { z } from "zod";

/** Keys that were taken back are gone, and new ones there, after so long. */
const REFRESH_MS = 10 * 60_000;
/** Older ones are not gone by while new ones come: nobody may have asked for days. */
const TOO_OLD_MS = 2 * REFRESH_MS;
/** A token whose key is unknown asks for the keys anew, but no more often than this. */
const MIN_INTERVAL_MS = 10_000;
const LOAD_WITHIN_MS = 5_000;
const MAX_BYTES = 256 * 1024;
const MAX_KEYS = 100;

/** RFC 7517, 4, and 7518, 6: what makes up a public key. Private parts are dropped. */
const PUBLIC_KEY = z.object({
  kid: z.string().min(1),
  kty: z.enum(["RSA", "EC", "OKP"]),
  use: z.literal("sig").optional(),
  alg: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  crv: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
});
const KEY_SET = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) });

const log = logFor("ingest", "access");

/** Takes the JWKS from where it is; whatever it throws is logged. */
export type LoadKeys = () => Promise<unknown>;

/** Public keys of whoever issues tokens elsewhere (RFC 7517, 5), kept and renewed. */
export class KeySet {
  readonly #load: LoadKeys;
  #keys: readonly HonoJsonWebKey[] = [];
  #askedAtMs = -Infinity;
  /** When it was last seen to what there is, with whatever success. */
  #triedAtMs = -Infinity;
  #loading: Promise<void> | undefined;

  constructor(load: LoadKeys) {
    this.#load = load;
  }

  /** The keys of that id: none, as a rule one. Never rejects: without a source, old keys stay. */
  async of(kid: string, nowMs: number): Promise<HonoJsonWebKey[]> {
    const known = this.#named(kid);
    const sinceMs = Math.abs(nowMs - this.#askedAtMs);
    if (known.length > 0) {
      const refreshing = sinceMs > REFRESH_MS ? this.#refresh(nowMs) : this.#loading;
      if (refreshing === undefined || nowMs - this.#triedAtMs <= TOO_OLD_MS) return known;
      await refreshing;
      return this.#named(kid);
    }
    if (sinceMs > MIN_INTERVAL_MS || this.#loading !== undefined) await this.#refresh(nowMs);
    return this.#named(kid);
  }

  #named(kid: string): HonoJsonWebKey[] {
    return this.#keys.filter((key) => key.kid === kid);
  }

  #refresh(nowMs: number): Promise<void> {
    if (this.#loading !== undefined) return this.#loading;
    this.#askedAtMs = nowMs;
    return this.#loading = this.#take().finally(() => {
      this.#loading = undefined;
      this.#triedAtMs = nowMs;
    });
  }

  async #take(): Promise<void> {
    try {
      const { keys } = KEY_SET.parse(await this.#load());
      this.#keys = keys.flatMap((key) => {
        const parsed = PUBLIC_KEY.safeParse(key);
        return parsed.success ? [withoutMissing(parsed.data)] : [];
      });
      if (this.#keys.length === 0) log.warn("AUTH_JWKS holds no key that can be used");
    } catch (cause) {
      log.warn("the keys of AUTH_JWKS cannot be had; those known before stay", { cause });
    }
  }
}

/** From an `https://` URL (or `http://` on loopback), or from a file. */
export function keySource(source: string): LoadKeys {
  if (!/^https?:/.test(source)) return async () => JSON.parse(await Deno.readTextFile(source));
  return async () => {
    const signal = AbortSignal.timeout(LOAD_WITHIN_MS);
    // Followed, a redirect could lead to plain http.
    const response = await fetch(source, { signal, redirect: "error" });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`its server answered ${response.status}`);
    }
    return JSON.parse(await boundedText(response.body));
  };
}

async function boundedText(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function withoutMissing(key: z.infer<typeof PUBLIC_KEY>): HonoJsonWebKey {
  return Object.fromEntries(Object.entries(key).filter(([, value]) => value !== undefined));
}
