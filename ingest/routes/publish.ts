import {
  controlTypeOf,
  decodeMessage,
  epochNowMs,
  LIVE_CONTENT_TYPE,
  MESSAGE_CONTENT_TYPE,
  ProtocolError,
} from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";
import { type Context, Hono } from "hono";
import { readBoundedBody } from "../bounded_body.ts";
import { framedMessage, payloadOf } from "../framed_message.ts";
import { errorResponse } from "../http_error.ts";
import { LivePublish } from "../live_publish.ts";
import type { Metrics } from "../metrics.ts";
import { outboundFrame } from "../outbound_frame.ts";
import type { PublishTargets } from "../publish_target.ts";
import { type StreamEnv, withStreamId } from "../stream_id.ts";

export interface PublishDeps {
  readonly targets: PublishTargets;
  readonly metrics: Metrics;
}

/** Also what MessagePack was called before it was registered, and what libraries send unasked. */
const MESSAGE_TYPES = new Set([
  MESSAGE_CONTENT_TYPE,
  "application/x-msgpack",
  "application/vnd.msgpack",
  "application/octet-stream",
  "",
]);

const BODY_WITHIN_MS = 30_000;

/** `POST /ingest[/:stream]`: one frame a request, or a live publish. */
export function publishRoutes(deps: PublishDeps): Hono<StreamEnv> {
  const routes = new Hono<StreamEnv>();
  const receive = (context: Context<StreamEnv>) => {
    const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (type === LIVE_CONTENT_TYPE) return publishLive(context, deps);
    if (MESSAGE_TYPES.has(type)) return publishOne(context, deps);
    return errorResponse(
      context,
      415,
      "unsupported_media_type",
      `send one frame as ${MESSAGE_CONTENT_TYPE}, or a live publish as ${LIVE_CONTENT_TYPE}`,
    );
  };
  routes.post("/ingest", withStreamId, receive);
  routes.post("/ingest/:stream", withStreamId, receive);
  return routes;
}

function publishLive(context: Context<StreamEnv>, { targets, metrics }: PublishDeps): Response {
  const nowMs = epochNowMs();
  const { body, cut } = context.env;
  const target = targets.open(context.get("streamId"));
  if (target.isPublished(nowMs) || target.isPosted(nowMs)) return conflict(context);
  const publish = new LivePublish(target, metrics, context.get("caller").grant.expiresAtMs);
  const answers = publish.open();
  // Not awaited: the response goes out while the body still comes in. It never rejects.
  void publish.run(body, cut);
  return new Response(answers, { headers: { "content-type": LIVE_CONTENT_TYPE } });
}

async function publishOne(
  context: Context<StreamEnv>,
  { targets, metrics }: PublishDeps,
): Promise<Response> {
  const id = context.get("streamId");
  if (targets.get(id)?.isPublished(epochNowMs())) return conflict(context);
  try {
    const framed = framedMessage(await readBody(context));
    const message = decodeMessage(payloadOf(framed));
    if (controlTypeOf(message) !== undefined) {
      throw new ProtocolError("invalid_frame", "a single publish is a frame: a map without `type`");
    }
    const frame = parseFrame(message);
    // Only now: while the body came in, an idle hub would have been removed, and a live publish may
    // have begun.
    const target = targets.open(id);
    if (target.isPublished(epochNowMs())) return conflict(context);
    const outbound = outboundFrame(frame, framed);
    target.post(outbound, epochNowMs());
    metrics.framesReceived++;
    metrics.bytesProcessed += outbound.bytes.byteLength;
    return context.json({ ok: true });
  } catch (error) {
    if (error instanceof ProtocolError) metrics.publishesRejected++;
    throw error;
  }
}

/** Whoever sends it drop by drop is cut off. */
async function readBody({ env, req }: Context<StreamEnv>): Promise<Uint8Array<ArrayBuffer>> {
  const late = setTimeout(env.cut, BODY_WITHIN_MS);
  try {
    return await readBoundedBody(env.body, Number(req.header("content-length") ?? 0));
  } finally {
    clearTimeout(late);
  }
}

function conflict(context: Context<StreamEnv>): Response {
  return errorResponse(
    context,
    409,
    "stream_taken",
    `another producer publishes "${
      context.get("streamId")
    }"; publish under another id, or stop that one`,
  );
}
