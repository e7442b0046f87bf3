import type { MiddlewareHandler } from "hono";
import { createHash, timingSafeEqual } from "node:crypto";
import { errorResponse } from "./http_error.ts";

const BEARER = /^Bearer +(\S+)$/i;

/**
 * Lets through who sends `Authorization: Bearer <token>` (RFC 6750, 2.1), and answers anything else
 * with 401. Not hono's own: that one refuses tokens with characters settings allow, with 400.
 */
export function requireToken(token: string): MiddlewareHandler {
  const expected = digest(token);
  return async (context, next) => {
    const given = BEARER.exec(context.req.header("authorization") ?? "")?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      const message = "this needs `Authorization: Bearer <token>` with the right token";
      return errorResponse(context, 401, "unauthorized", message, { "www-authenticate": "Bearer" });
    }
    return await next();
  };
}

/** Of equal length whatever the token's, as the comparison in constant time wants it. */
function digest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
