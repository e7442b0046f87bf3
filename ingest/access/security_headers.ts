import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import type { Connection } from "../connection.ts";
import { Upgrade } from "../upgrade.ts";

export interface SecurityHeadersOptions {
  /** Origins whose pages may show pictures of this server. */
  readonly allowedOrigins: readonly string[];
  /** As the Content-Security-Policy wants them. */
  readonly frameAncestors: readonly string[];
}

/** Of pictures that replace each other. */
const MULTIPART = "multipart/x-mixed-replace";
const SELF = ["'self'"];
const NONE = ["'none'"];

/** Of browsers older than frame-ancestors, which know only two answers. */
function frameOptions(frameAncestors: readonly string[]): string | false {
  const [only, ...others] = frameAncestors;
  if (others.length > 0) return false;
  return only === "'self'" ? "SAMEORIGIN" : only === "'none'" ? "DENY" : false;
}

/**
 * On every answer: what browsers may do with it. No script or style that is not a file of this
 * server, no page of another site around it but those of `FRAME_ANCESTORS`, no picture in a page of
 * another site but those of `ALLOWED_ORIGINS`.
 */
export function securityHeaders({ allowedOrigins, frameAncestors }: SecurityHeadersOptions) {
  const set = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: SELF,
      imgSrc: ["'self'", "blob:", "data:"],
      // Of a Media Source, by which the page plays where there is no WebCodecs.
      mediaSrc: ["'self'", "blob:"],
      // Covers ws: and wss: of the same host in every browser that plays (Safari: since 16).
      connectSrc: SELF,
      workerSrc: SELF,
      objectSrc: NONE,
      baseUri: NONE,
      formAction: NONE,
      frameAncestors: [...frameAncestors],
    },
    permissionsPolicy: {
      fullscreen: ["self"],
      pictureInPicture: ["self"],
      camera: [],
      microphone: [],
      displayCapture: [],
      geolocation: [],
      midi: [],
      payment: [],
      serial: [],
      usb: [],
    },
    xFrameOptions: frameOptions(frameAncestors),
    // For whoever speaks TLS to decide: it would bind every service of this host name to it.
    strictTransportSecurity: false,
    // Ignored on plain http, with a complaint in every console.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  return createMiddleware<{ Bindings: Connection }>(async (context, next) => {
    await next();
    // The connection speaks another protocol by now.
    if (context.res === Upgrade.accepted) return;
    await set(context, () => Promise.resolve());
    const page = originOf(context.req.header("origin") ?? context.req.header("referer"));
    if (page === undefined || !allowedOrigins.includes(page)) return;
    context.header("cross-origin-resource-policy", "cross-origin");
    // An <img> of another site gets what is an image by its type, or by what a browser finds when it
    // looks (opaque-response blocking); told not to look, it blocks.
    const type = context.res.headers.get("content-type") ?? "";
    if (type.startsWith(MULTIPART)) context.header("x-content-type-options", undefined);
  });
}

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}
