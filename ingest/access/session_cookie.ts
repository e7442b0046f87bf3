import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";

const NAME = "porthole";
/** Of 400 days, which is as long as browsers keep any. */
const MAX_AGE_S = 400 * 24 * 3600;

/**
 * The token of whoever is logged in, if a browser sends one. Where this server speaks TLS itself
 * that is in a cookie of this very host: one without its prefix may be from a neighbouring name.
 */
export function sessionToken(context: Context): string | undefined {
  const ofHost = getCookie(context, NAME, "host");
  return context.req.url.startsWith("https:") ? ofHost : ofHost ?? getCookie(context, NAME);
}

export interface SessionCookieOptions {
  readonly expiresAtMs: number | undefined;
  /** Whether pages of other sites may embed or use this one. */
  readonly isSharedWithOthers: boolean;
}

/**
 * Out of reach of scripts (`HttpOnly`), and by TLS bound to this very host (`__Host-`): no
 * neighbouring name can plant one. `Strict` costs nothing, for what a link leads to is the page
 * alone, which asks for the rest itself. In a frame on another site neither `Strict` nor `Lax` is
 * ever sent: for that it has to be `None`, and is kept apart for each such site (`Partitioned`);
 * what other sites may do is then up to the check of `Origin`.
 */
export function setSessionCookie(
  context: Context,
  token: string,
  { expiresAtMs, isSharedWithOthers }: SessionCookieOptions,
): void {
  const leftS = ((expiresAtMs ?? Infinity) - Date.now()) / 1000;
  const options: CookieOptions = {
    httpOnly: true,
    path: "/",
    maxAge: Math.max(0, Math.min(MAX_AGE_S, Math.floor(leftS))),
  };
  if (!isByTls(context)) return setCookie(context, NAME, token, { ...options, sameSite: "Strict" });
  const reach: CookieOptions = isSharedWithOthers
    ? { sameSite: "None", partitioned: true }
    : { sameSite: "Strict" };
  setCookie(context, NAME, token, { ...options, ...reach, secure: true, prefix: "host" });
}

/** Of both kinds: which of them there is depends on how the page was reached then. */
export function dropSessionCookie(context: Context, isSharedWithOthers: boolean): void {
  deleteCookie(context, NAME, { path: "/", httpOnly: true, sameSite: "Strict" });
  deleteCookie(context, NAME, {
    path: "/",
    httpOnly: true,
    secure: true,
    prefix: "host",
    ...(isSharedWithOthers ? { sameSite: "None", partitioned: true } : { sameSite: "Strict" }),
  });
}

/** Also where a proxy speaks TLS in front: the browser names the scheme that it sees. */
function isByTls({ req }: Context): boolean {
  return req.url.startsWith("https:") || (req.header("origin") ?? "").startsWith("https:");
}
