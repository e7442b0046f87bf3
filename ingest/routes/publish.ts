import {
  controlTypeOf,
  decodeMessage,
  epochNowMs,
  LIVE_CONTENT_TYPE,
  MESSAGE_CONTENT_TYPE,
  ProtocolError,
} from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";
import { logFor } from "@porthole/protocol/service";
import { type Context, Hono } from "hono";
import { readBoundedBody } from "../bounded_body.ts";
import { framedMessage, payloadOf } from "../framed_message.ts";
import { errorResponse } from "../http_error.ts";
import type { MemoryGuard } from "../limits/memory_guard.ts";
import { PendingBytes } from "../limits/pending_bytes.ts";
import { PublishLimitError } from "../limits/publish_limit_error.ts";
import { LivePublish } from "../live_publish.ts";
import type { Metrics } from "../metrics.ts";
import { outboundFrame } from "../outbound_frame.ts";
import type { PublishTargets } from "../publish_target.ts";
import { type StreamEnv, withStreamId } from "../stream_id.ts";

export interface PublishDeps {
  readonly targets: PublishTargets;
  readonly metrics: Metrics;
  readonly memory: MemoryGuard;
  /** For a frame of its own to come in, ms. */
  readonly bodyWithinMs?: number;
}

/** With what all publishes share. */
interface Publishing extends PublishDeps {
  readonly pending: PendingBytes;
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
const RETRY_LATER = { "retry-after": "10" };

const log = logFor("ingest", "publish");

/** `POST /ingest[/:stream]`: one frame a request, or a live publish. */
export function publishRoutes(publishDeps: PublishDeps): Hono<StreamEnv> {
  const deps: Publishing = { ...publishDeps, pending: new PendingBytes() };
  const routes = new Hono<StreamEnv>();
  const receive = (context: Context<StreamEnv>) => {
    const memoryRefusal = refusalForMemory(context.get("streamId"), deps);
    if (memoryRefusal !== undefined) {
      deps.metrics.publishesRefused++;
      return errorResponse(context, 503, "over_memory", memoryRefusal, RETRY_LATER);
    }
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

/** A stream that is known goes on: its producer's coming back costs little, and its viewers wait. */
function refusalForMemory(streamId: string, { targets, memory }: Publishing): string | undefined {
  const refusal = memory.publishRefusal();
  if (refusal === undefined || targets.get(streamId)?.isKnown === true) return undefined;
  return refusal;
}

function publishLive(
  context: Context<StreamEnv>,
  { targets, metrics, pending }: Publishing,
): Response {
  const nowMs = epochNowMs();
  const { body, cut } = context.env;
  const target = targets.open(context.get("streamId"));
  if (target.isPublished(nowMs) || target.isPosted(nowMs)) return conflict(context);
  const { expiresAtMs } = context.get("caller").grant;
  const publish = new LivePublish(target, metrics, pending, expiresAtMs);
  const answers = publish.open();
  // Not awaited: the response goes out while the body still comes in. It never rejects.
  void publish.run(body, cut);
  return new Response(answers, { headers: { "content-type": LIVE_CONTENT_TYPE } });
}

async function publishOne(
  context: Context<StreamEnv>,
  deps: Publishing,
): Promise<Response> {
  const { targets, metrics } = deps;
  const id = context.get("streamId");
  if (targets.get(id)?.isPublished(epochNowMs())) return conflict(context);
  try {
    const framed = framedMessage(await readBody(context, deps));
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
    target.rate.received(outbound.bytes.byteLength, epochNowMs());
    target.rate.receivedFrame(epochNowMs());
    target.post(outbound, epochNowMs());
    metrics.framesReceived++;
    metrics.bytesProcessed += outbound.bytes.byteLength;
    target.account.received(outbound.bytes.byteLength);
    return context.json({ ok: true });
  } catch (error) {
    if (error instanceof ProtocolError) metrics.publishesRejected++;
    if (error instanceof PublishLimitError) metrics.publishesLimited++;
    throw error;
  }
}

/** Whoever sends it drop by drop is told so, and cut off. */
async function readBody(
  { env, req }: Context<StreamEnv>,
  { pending, bodyWithinMs = BODY_WITHIN_MS }: Publishing,
): Promise<Uint8Array<ArrayBuffer>> {
  using hold = pending.hold();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const found = `the body was not there within ${bodyWithinMs / 1000} s`;
    late.reject(new PublishLimitError("too_slow", `${found}; send less, or over a faster link`));
  }, bodyWithinMs);
  const announcedBytes = Number(req.header("content-length") ?? 0);
  const reading = readBoundedBody(env.body, announcedBytes, {
    onGrown: (bytes) => hold.set(bytes),
  });
  try {
    return await Promise.race([reading, late.promise]);
  } catch (error) {
    // It ends when the connection does, and nobody waits for it any more.
    reading.catch((cause) => log.debug("a body that was given up ended", { cause }));
    throw error;
  } finally {
    clearTimeout(timer);
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
