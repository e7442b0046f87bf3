import { epochNowMs } from "@porthole/protocol";
import { type Context, Hono } from "hono";
import { errorResponse } from "../http_error.ts";
import type { Hub } from "../hub.ts";
import { JpegTap } from "../jpeg_tap.ts";
import { type StreamEnv, withStreamId } from "../stream_id.ts";
import type { StreamRegistry } from "../stream_registry.ts";

const SNAPSHOT_WITHIN_MS = 5_000;
const BOUNDARY = "porthole-frame";
const NOT_CACHED = { "cache-control": "no-store" };

/** `GET /api/streams…`: what is published, and single pictures for those who cannot play video. */
export function streamRoutes(streams: StreamRegistry): Hono<StreamEnv> {
  const routes = new Hono<StreamEnv>();
  routes.get("/api/streams", (context) => {
    const nowMs = epochNowMs();
    return context.json({ streams: streams.published().map((hub) => describe(hub, nowMs)) });
  });
  routes.get("/api/streams/:stream", withStreamId, (context) => {
    const hub = streams.get(context.get("streamId"));
    return hub === undefined ? unknown(context) : context.json(describe(hub, epochNowMs()));
  });
  routes.get("/api/streams/:stream/snapshot.jpg", withStreamId, (context) => {
    const hub = streams.get(context.get("streamId"));
    return hub === undefined ? unknown(context) : snapshot(context, hub);
  });
  routes.get("/api/streams/:stream/mjpeg", withStreamId, (context) => {
    const hub = streams.get(context.get("streamId"));
    return hub === undefined ? unknown(context) : mjpeg(hub);
  });
  return routes;
}

function describe(hub: Hub, nowMs: number) {
  const { id, renditions } = hub.info(nowMs);
  return { id, ...hub.state(nowMs), renditions, viewers: hub.viewerCount };
}

async function snapshot(context: Context<StreamEnv>, hub: Hub): Promise<Response> {
  using tap = new JpegTap(hub);
  const picture = await tap.next(AbortSignal.timeout(SNAPSHOT_WITHIN_MS));
  if (picture === undefined) {
    const { state, cause } = hub.state(epochNowMs());
    const message = `no picture within ${SNAPSHOT_WITHIN_MS / 1000} s; the stream is ${state}` +
      (cause === "" ? "" : `: ${cause}`);
    return errorResponse(context, 503, "no_picture", message, { "retry-after": "5" });
  }
  const { data, timestamp } = picture.frame;
  return new Response(new Uint8Array(data), {
    headers: {
      "content-type": "image/jpeg",
      "last-modified": new Date(timestamp).toUTCString(),
      ...NOT_CACHED,
    },
  });
}

/** One part a picture, as fast as they are read: a slow reader gets fewer, never older ones. */
function mjpeg(hub: Hub): Response {
  const encoder = new TextEncoder();
  const abort = new AbortController();
  const tap = new JpegTap(hub);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const picture = await tap.next(abort.signal);
      if (picture === undefined) return;
      const { data } = picture.frame;
      controller.enqueue(encoder.encode(
        `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${data.byteLength}\r\n\r\n`,
      ));
      controller.enqueue(data);
      controller.enqueue(encoder.encode("\r\n"));
    },
    cancel() {
      abort.abort();
      tap[Symbol.dispose]();
    },
  }, { highWaterMark: 1 });
  return new Response(body, {
    headers: { "content-type": `multipart/x-mixed-replace; boundary=${BOUNDARY}`, ...NOT_CACHED },
  });
}

function unknown(context: Context<StreamEnv>): Response {
  return errorResponse(context, 404, "unknown_stream", "no such stream");
}
