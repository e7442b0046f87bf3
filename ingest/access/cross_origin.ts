import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { Connection } from "../connection.ts";

const MAX_AGE_S = 600;

/**
 * Lets scripts of pages of these origins read answers, with cookies, and answers their preflights
 * (Fetch, 3.3). To every other origin nothing is said.
 */
export function crossOrigin(allowedOrigins: readonly string[]) {
  const answer = cors({
    origin: [...allowedOrigins],
    credentials: true,
    allowMethods: ["GET", "HEAD", "POST", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type"],
    exposeHeaders: ["Age", "ETag", "Porthole-State", "Retry-After"],
    maxAge: MAX_AGE_S,
  });
  return createMiddleware<{ Bindings: Connection }>(async (context, next) => {
    const origin = context.req.header("origin");
    // An upgrade's answer must not be touched, and takes no part in this.
    if (context.env.upgrade !== undefined || allowedOrigins.length === 0) return await next();
    if (origin !== undefined && allowedOrigins.includes(origin)) return await answer(context, next);
    await next();
    context.header("vary", "Origin", { append: true });
  });
}
