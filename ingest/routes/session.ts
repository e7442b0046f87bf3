import { Hono } from "hono";
import { z } from "zod";
import type { Access, Session } from "../access/access.ts";
import { TokenError } from "../access/claims.ts";
import { type GateEnv, unauthorized } from "../access/gate.ts";
import { type Grant, permitsSome } from "../access/grant.ts";
import type { LoginLimit } from "../access/login_limit.ts";
import { dropSessionCookie, setSessionCookie } from "../access/session_cookie.ts";
import { MAX_TOKEN_CHARS } from "../access/token_verifier.ts";
import { readBoundedBody } from "../bounded_body.ts";
import { errorResponse } from "../http_error.ts";

export interface SessionDeps {
  readonly access: Access;
  readonly logins: LoginLimit;
  /** Whether pages of other sites may embed or use this server's. */
  readonly isSharedWithOthers: boolean;
}

const MAX_BODY_BYTES = 8 * 1024;
const BODY_WITHIN_MS = 10_000;
const MAX_PASSWORD_CHARS = 256;

const CREDENTIALS = z.union([
  z.object({ password: z.string().max(MAX_PASSWORD_CHARS) }),
  z.object({ token: z.string().max(MAX_TOKEN_CHARS) }),
]);
type Credentials = z.infer<typeof CREDENTIALS>;

/** `/api/session`: POST logs a browser in, DELETE out, GET says what it may watch. */
export function sessionRoutes({ access, logins, isSharedWithOthers }: SessionDeps): Hono<GateEnv> {
  const routes = new Hono<GateEnv>();
  routes.get("/api/session", (context) => {
    const { grant } = context.get("caller");
    return context.json({ login: access.isGuarded("watch"), ...told(grant) });
  });
  routes.post("/api/session", async (context) => {
    const { address, body, cut } = context.env;
    const length = Number(context.req.header("content-length") ?? 0);
    const credentials = credentialsIn(await readInTime(body, length, cut));
    if (credentials === undefined) {
      const message = 'the body is JSON: {"password": "…"} or {"token": "…"}';
      return errorResponse(context, 400, "malformed", message);
    }
    const waitMs = logins.take(address, Date.now());
    if (waitMs > 0) {
      const message = "too many tries; wait a little";
      const headers = { "retry-after": String(Math.ceil(waitMs / 1000)) };
      return errorResponse(context, 429, "too_many_requests", message, headers);
    }
    try {
      const session = await logIn(credentials, access);
      logins.giveBack(address, Date.now());
      const { token, grant } = session;
      setSessionCookie(context, token, { expiresAtMs: grant.expiresAtMs, isSharedWithOthers });
      return context.json({ login: true, ...told(grant) });
    } catch (error) {
      if (error instanceof TokenError) return unauthorized(context, error.message);
      throw error;
    }
  });
  routes.delete("/api/session", (context) => {
    dropSessionCookie(context, isSharedWithOthers);
    return context.body(null, 204);
  });
  return routes;
}

/** @throws {TokenError} with why not */
async function logIn(credentials: Credentials, access: Access): Promise<Session> {
  if ("password" in credentials) {
    if (!access.hasPassword) throw new TokenError("there is no password here; a token is needed");
    const session = await access.logIn(credentials.password);
    if (session === undefined) throw new TokenError("that is not the password");
    return session;
  }
  const { token } = credentials;
  const grant = await access.grantOfToken(token);
  if (!permitsSome(grant, "watch")) throw new TokenError("that token is not one for watching");
  return { token, grant };
}

function told({ watch, expiresAtMs }: Grant) {
  const expiresAt = expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString();
  return { watch: [...watch], expiresAt };
}

function credentialsIn(body: Uint8Array): Credentials | undefined {
  try {
    return CREDENTIALS.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whoever sends it drop by drop is cut off. @throws {ProtocolError} */
async function readInTime(
  body: AsyncIterable<Uint8Array>,
  lengthBytes: number,
  cut: () => void,
): Promise<Uint8Array> {
  const late = setTimeout(cut, BODY_WITHIN_MS);
  try {
    return await readBoundedBody(body, lengthBytes, { maxBytes: MAX_BODY_BYTES });
  } finally {
    clearTimeout(late);
  }
}
