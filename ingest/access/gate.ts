import { logFor } from "@porthole/protocol/service";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { isLoopback } from "../config.ts";
import { errorResponse } from "../http_error.ts";
import type { Connection } from "../connection.ts";
import type { Access } from "./access.ts";
import { TokenError } from "./claims.ts";
import { ANYONE, type Grant, permitsSome, type Right } from "./grant.ts";
import { isLocalName, isWelcomeOrigin } from "./origin.ts";
import { type Rule, RULES } from "./rules.ts";
import { handshakeToken } from "./handshake_token.ts";
import { sessionToken } from "./session_cookie.ts";

/** Who asks, and for what. */
export interface Caller {
  readonly grant: Grant;
  /** Which right the route takes. */
  readonly right: Right;
}

export interface GateEnv {
  Bindings: Connection;
  Variables: { caller: Caller };
}

export interface GateOptions {
  readonly access: Access;
  readonly allowedOrigins: readonly string[];
  /** `INGEST_HOST`: a name that was given to this server. */
  readonly host: string;
}

const BEARER = /^Bearer +(\S+)$/i;

const log = logFor("ingest", "access");

/**
 * The one way in: every request passes here before its route. What it may do goes by the route that
 * the router itself has found, so that there is no way to write a path that one of the two takes for
 * another one. A route without a rule is closed. Which streams are meant is checked where the
 * stream's id is read (`stream_id.ts`).
 */
export function createGate(options: GateOptions) {
  const { access, allowedOrigins } = options;
  const ownNames = [...allowedOrigins.map((origin) => new URL(origin).hostname), options.host]
    .map((name) => name.toLowerCase());
  return createMiddleware<GateEnv>(async (context, next) => {
    const rules = rulesOf(context);
    const [rule] = rules;
    // Nothing is there: 404, for everyone.
    if (rule === undefined) return await next();
    if (rules.some((other) => other !== rule) || rule === "closed") {
      log.error("a route has no rule, and is closed", { path: context.req.path });
      return errorResponse(context, 403, "forbidden", "this route is closed to everyone");
    }
    if (rule === "public") return await next();
    const requested = new URL(context.req.url);
    const origin = context.req.header("origin");
    if (origin !== undefined && !isWelcomeOrigin(origin, requested, allowedOrigins)) {
      return foreignOrigin(context);
    }
    if (rule === "session") return await next();
    const right = rule === "metrics" ? "operate" : rule;
    if (!access.isGuarded(right)) {
      if (!isLocalName(requested.hostname, ownNames)) return foreignHost(context);
      if (rule === "operate" && !isLoopback(context.env.address)) return operatorsOnly(context);
      context.set("caller", { grant: ANYONE, right });
      return await next();
    }
    const grant = await grantOf(context, access);
    if (grant instanceof Response) return grant;
    if (!permitsSome(grant, right)) return forbidden(context, right);
    context.set("caller", { grant, right });
    return await next();
  });
}

/** The rules of the handlers that are about to run; this middleware and its like have none. */
function rulesOf(context: Context): readonly (Rule | "closed")[] {
  return matchedRoutes(context)
    .filter(({ method, path }) => method !== "ALL" || path !== "/*")
    .map(({ method, path }) => RULES.get(`${method} ${path}`) ?? "closed");
}

async function grantOf(context: Context<GateEnv>, access: Access): Promise<Grant | Response> {
  const authorization = context.req.header("authorization");
  try {
    if (authorization !== undefined) {
      const bearer = BEARER.exec(authorization)?.[1];
      if (bearer !== undefined) return await access.grantOfBearer(bearer);
      return unauthorized(context, "it has to be `Authorization: Bearer <token>`");
    }
    const offered = context.env.upgrade === undefined ? undefined : handshakeToken(context);
    const token = offered ?? sessionToken(context);
    if (token !== undefined) return await access.grantOfToken(token);
  } catch (error) {
    if (error instanceof TokenError) return unauthorized(context, error.message);
    throw error;
  }
  return unauthorized(context, "log in, or send `Authorization: Bearer <token>`");
}

/** Whoever asks is not known, or not any more (RFC 6750, 3). */
export function unauthorized(context: Context, message: string): Response {
  return errorResponse(context, 401, "unauthorized", message, { "www-authenticate": "Bearer" });
}

/** Whoever asks is known, and may not. */
export function forbidden(context: Context, right: Right, streamId?: string): Response {
  const what = right === "operate"
    ? "asking for metrics and viewers needs PUBLISH_TOKEN, or a token with `operate: true`"
    : streamId === undefined
    ? `your token does not let you ${right} any stream`
    : `your token does not let you ${right} "${streamId}"`;
  return errorResponse(context, 403, "forbidden", what);
}

function foreignOrigin(context: Context): Response {
  const message = "a page of another origin may not use this server; add its origin to " +
    "ALLOWED_ORIGINS, or, if it is this server's own page, have the proxy pass `Host` on";
  return errorResponse(context, 403, "foreign_origin", message);
}

function foreignHost(context: Context): Response {
  const message =
    "nobody is asked who they are here, so only addresses and local names reach this " +
    "server; add `http://<this name>` to ALLOWED_ORIGINS, or set WATCH_PASSWORD and PUBLISH_TOKEN";
  return errorResponse(context, 403, "foreign_host", message);
}

function operatorsOnly(context: Context): Response {
  const message = "viewers are shown to this machine alone; set PUBLISH_TOKEN, and send it as " +
    "`Authorization: Bearer <token>`, to see them from elsewhere";
  return errorResponse(context, 403, "operators_only", message);
}
