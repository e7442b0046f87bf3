import { DEFAULT_STREAM_ID, STREAM_ID_PATTERN } from "@porthole/protocol";
import { createMiddleware } from "hono/factory";
import { forbidden, type GateEnv } from "./access/gate.ts";
import { permits } from "./access/grant.ts";
import { errorResponse } from "./http_error.ts";

export interface StreamEnv extends GateEnv {
  Variables: GateEnv["Variables"] & { streamId: string };
}

/**
 * The stream a path names, `default` where it names none; 400 for what cannot be one, 403 for one
 * that whoever asks is not let to.
 */
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
  const { grant, right } = context.get("caller");
  if (!permits(grant, right, id)) return forbidden(context, right, id);
  context.set("streamId", id);
  return await next();
});
