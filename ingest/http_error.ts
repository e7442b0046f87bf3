import { ProtocolError } from "@porthole/protocol";
import { logFor } from "@porthole/protocol/service";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type PublishLimitCode, PublishLimitError } from "./limits/publish_limit_error.ts";
import { TooManyStreamsError } from "./stream_registry.ts";

const RETRY_LATER = { "retry-after": "10" };
const OF_LIMIT: Record<
  PublishLimitCode,
  { readonly status: 408 | 429 | 503; readonly headers: Record<string, string> }
> = {
  ["too_fast"]: { status: 429, headers: { "retry-after": "1" } },
  ["too_slow"]: { status: 408, headers: {} },
  ["too_busy"]: { status: 503, headers: RETRY_LATER },
};

const log = logFor("ingest", "http");

/** Every error leaves as `{"error":{"code","message"}}`. */
export function errorResponse(
  context: Context,
  status: ContentfulStatusCode,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return context.json({ error: { code, message } }, status, headers);
}

/** What was thrown in a route, as the response it deserves. */
export function onError(error: Error, context: Context): Response {
  if (error instanceof ProtocolError) {
    const status = error.code === "too_large" ? 413 : 400;
    return errorResponse(context, status, error.code, error.message);
  }
  if (error instanceof TooManyStreamsError) {
    return errorResponse(context, 503, "too_many_streams", error.message, RETRY_LATER);
  }
  if (error instanceof PublishLimitError) {
    const { status, headers } = OF_LIMIT[error.code];
    return errorResponse(context, status, error.code, error.message, headers);
  }
  log.error("a request failed", { path: context.req.path, cause: error });
  return errorResponse(context, 500, "internal", "this is a fault of the server; it is in its log");
}
