import { ProtocolError } from "@porthole/protocol";
import { logFor } from "@porthole/protocol/service";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { TooManyStreamsError } from "./stream_registry.ts";

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
    return errorResponse(context, 503, "too_many_streams", error.message);
  }
  log.error("a request failed", { path: context.req.path, cause: error });
  return errorResponse(context, 500, "internal", "this is a fault of the server; it is in its log");
}
