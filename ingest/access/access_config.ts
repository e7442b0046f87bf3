import { type Env, optionalSecret, type Setting } from "@porthole/protocol/service";
import { z } from "zod";

/** Who may do what, as it was set. Plain data: workers are given it. */
export interface AccessConfig {
  /** Bearer token for publishing and operating; empty for none, as all of these. */
  readonly publishToken: string;
  readonly watchPassword: string;
  /** Key of HS256 for signed tokens. */
  readonly authSecret: string;
  /** URL or file of the public keys of whoever else signs tokens. */
  readonly jwks: string;
  /** From and for whom the tokens have to be that those keys signed; empty for whomever. */
  readonly issuer: string;
  readonly audience: string;
  /** `AUTH=off`: what has no setting is open to everyone, wherever ingest listens. */
  readonly isOpen: boolean;
  /** As browsers write them: `https://example.com`. */
  readonly allowedOrigins: readonly string[];
  /** As the Content-Security-Policy wants them. */
  readonly frameAncestors: readonly string[];
}

/** For which rights a request has to say who it is from. */
export interface Guards {
  readonly publish: boolean;
  readonly watch: boolean;
  readonly operate: boolean;
}

const MIN_SECRET_CHARS = 32;
const JWKS_SOURCE =
  /^(https:\/\/[^\s@]+|http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])[:/][^\s@]*)$/;
const FRAME_ANCESTOR = /^'?(self|none)'?$|^https?:\/\/(\*\.)?[a-z0-9.-]+(:(\d+|\*))?$/i;

const watchPassword: Setting<string> = {
  default: "",
  allowed: "8 to 256 characters, or nothing",
  schema: z.string().regex(/^([^\p{Cc}]{8,256})?$/u),
  show: () => "a value not shown here",
};

const jwks: Setting<string> = {
  default: "",
  allowed: "an https:// URL (http:// on loopback) without a password, or a file's path, or nothing",
  schema: z.string().refine((text) => !/^[a-z]{2,}:/i.test(text) || JWKS_SOURCE.test(text)),
  show: () => "a value not shown here",
};

/** RFC 7519, 4.1.1 and 4.1.3. */
const claimValue: Setting<string> = {
  default: "",
  allowed: "what the claim has to be, 1 to 256 characters, or nothing",
  schema: z.string().regex(/^[^\p{Cc}]{0,256}$/u),
};

const allowedOrigins: Setting<readonly string[]> = {
  default: "",
  allowed: "origins as browsers write them, such as https://example.com, with commas in between",
  schema: z.string().transform(listOf).refine((origins) => origins.every(isOrigin)),
};

const frameAncestors: Setting<readonly string[]> = {
  default: "self",
  allowed: "self, none, or origins such as https://example.com, with commas in between",
  schema: z.string().transform(listOf).refine((list) =>
    list.every((source) => FRAME_ANCESTOR.test(source)) &&
    (list.length === 1 || !list.some((source) => /none/.test(source) && !source.includes(":")))
  ).transform((list) => list.map((source) => source.replace(/^'?(self|none)'?$/i, "'$1'"))),
};

/** Beside `AUTH` and `PUBLISH_TOKEN`; a part of ingest's settings. */
export const ACCESS_SETTINGS = {
  WATCH_PASSWORD: watchPassword,
  AUTH_SECRET: optionalSecret(MIN_SECRET_CHARS),
  AUTH_JWKS: jwks,
  AUTH_ISSUER: claimValue,
  AUTH_AUDIENCE: claimValue,
  ALLOWED_ORIGINS: allowedOrigins,
  FRAME_ANCESTORS: frameAncestors,
} as const;

/**
 * A setting closes what it is for. A password for watching closes publishing too, for it is there
 * because strangers come this far, be it by a proxy on this machine.
 */
export function guardsOf(config: AccessConfig): Guards {
  const { publishToken, watchPassword, authSecret, jwks, isOpen } = config;
  const takesTokens = authSecret !== "" || jwks !== "";
  const asksViewers = watchPassword !== "" || takesTokens;
  const asksPublishers = publishToken !== "" || takesTokens;
  return {
    publish: asksPublishers || (asksViewers && !isOpen),
    watch: asksViewers,
    operate: asksPublishers || asksViewers,
  };
}

/** What must not appear in any output. */
export function secretsOf({ publishToken, watchPassword, authSecret }: AccessConfig): string[] {
  return [publishToken, watchPassword, authSecret].filter((secret) => secret !== "");
}

/** Which of publishing and watching would be open to whoever can reach ingest, in words. */
export function openDoors(env: Env): readonly string[] {
  const isSet = (...names: string[]) => names.some((name) => (env[name]?.trim() ?? "") !== "");
  const takesTokens = isSet("AUTH_SECRET", "AUTH_JWKS");
  return [
    ...(takesTokens || isSet("PUBLISH_TOKEN") ? [] : ["publish (set PUBLISH_TOKEN)"]),
    ...(takesTokens || isSet("WATCH_PASSWORD") ? [] : ["watch (set WATCH_PASSWORD)"]),
  ];
}

/** Tokens that `AUTH_SECRET` signs are of this server's own making, and say neither. */
export function issuerProblems(env: Env): readonly string[] {
  const isSet = (name: string) => (env[name]?.trim() ?? "") !== "";
  if (isSet("AUTH_JWKS")) return [];
  return ["AUTH_ISSUER", "AUTH_AUDIENCE"].filter(isSet).map((name) =>
    `${name}: set, though AUTH_JWKS is not; allowed: together with it, for the tokens of its keys`
  );
}

function listOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== "");
}

function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
