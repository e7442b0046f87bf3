import { DEFAULT_STREAM_ID, STREAM_ID_PATTERN } from "@porthole/protocol";
import { createMiddleware } from "hono/factory";
import type { Connection } from "./http_listener.ts";
import { errorResponse } from "./http_error.ts";

export interface StreamEnv {
  Bindings: Connection;
  Variables: { streamId: string };
}

/** The stream a path names, `default` where it names none; 400 for what cannot be one. */
export const withStreamId = createMiddleware<StreamEnv>(async (context, next) => {
  const id = context.req.param("stream") ?? DEFAULT_STREAM_ID;
  if (!STREAM_ID_PATTERN.test(id)) {
    return errorResponse(
      context,
      400,
      "invalid_stream_id",
      "a stream id is 1 to 64 of a-z, 0-9, _ and -, starting with a letter or digit",
    );
  }
  context.set("streamId", id);
  return await next();
});
