import { epochNowMs } from "@porthole/protocol";
import { type Context, Hono } from "hono";
import { permits } from "../access/grant.ts";
import type { ClientRegistry } from "../client_registry.ts";
import { errorResponse } from "../http_error.ts";
import type { Hub } from "../hub.ts";
import { JpegTap } from "../jpeg_tap.ts";
import type { Metrics } from "../metrics.ts";
import { Slots } from "../limits/slots.ts";
import { mjpegResponse } from "../mjpeg_response.ts";
import type { OutboundFrame } from "../outbound_frame.ts";
import type { Overview } from "../overview.ts";
import { refuseClient } from "../refusal.ts";
import { type StreamEnv, withStreamId } from "../stream_id.ts";
import type { StreamRegistry } from "../stream_registry.ts";

const SNAPSHOT_WITHIN_MS = 5_000;
/** Each waits for a picture, and has it made. */
const MAX_SNAPSHOTS_AT_ONCE = 100;

export interface StreamsDeps {
  readonly streams: StreamRegistry;
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
  readonly overview: Overview;
  readonly maxSnapshotsAtOnce?: number;
}

/** `GET /api/streams…`: what is published, and single pictures for those who cannot play video. */
export function streamRoutes(deps: StreamsDeps): Hono<StreamEnv> {
  const { streams } = deps;
  const slots = new Slots(deps.maxSnapshotsAtOnce ?? MAX_SNAPSHOTS_AT_ONCE);
  const routes = new Hono<StreamEnv>();
  routes.get("/api/streams", (context) => {
    const nowMs = epochNowMs();
    const { grant } = context.get("caller");
    const watchable = streams.published().filter(({ id }) => permits(grant, "watch", id));
    return context.json({ streams: watchable.map((hub) => describe(hub, deps.clients, nowMs)) });
  });
  routes.get("/api/streams/:stream", withStreamId, (context) => {
    const hub = hubOf(context.get("streamId"), deps);
    return hub === undefined
      ? unknown(context)
      : context.json(describe(hub, deps.clients, epochNowMs()));
  });
  routes.get("/api/streams/:stream/viewers", withStreamId, async (context) => {
    return context.json({ viewers: await deps.overview.viewersOf(context.get("streamId")) });
  });
  routes.get("/api/streams/:stream/snapshot.jpg", withStreamId, (context) => {
    const hub = hubOf(context.get("streamId"), deps);
    return hub === undefined ? unknown(context) : snapshot(context, hub, slots, deps);
  });
  routes.get("/api/streams/:stream/mjpeg", withStreamId, (context) => {
    const hub = hubOf(context.get("streamId"), deps);
    return hub === undefined ? unknown(context) : mjpeg(context, hub, deps);
  });
  return routes;
}

/** Also of a stream that viewers wait for on another worker alone. */
function hubOf(streamId: string, { streams, clients }: StreamsDeps): Hub | undefined {
  const isWaitedFor = clients.viewerCountOf(streamId) > 0;
  return streams.get(streamId) ?? (isWaitedFor ? streams.waitFor(streamId) : undefined);
}

function describe(hub: Hub, clients: ClientRegistry, nowMs: number) {
  const { id, renditions } = hub.info(nowMs);
  return { id, ...hub.state(nowMs), renditions, viewers: clients.viewerCountOf(id) };
}

async function snapshot(
  context: Context<StreamEnv>,
  hub: Hub,
  slots: Slots,
  { metrics }: StreamsDeps,
): Promise<Response> {
  using slot = slots.take();
  if (slot === undefined) {
    metrics.requestsRefused++;
    const message = `${slots.max} snapshots are waited for already; try again later`;
    return errorResponse(context, 503, "too_many_clients", message, { "retry-after": "5" });
  }
  const picture = isHeld(hub) ? await nextPicture(hub) : undefined;
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
      "cache-control": "no-store",
    },
  });
}

function mjpeg(
  context: Context<StreamEnv>,
  hub: Hub,
  { clients, metrics }: StreamsDeps,
): Response {
  const { address, cut } = context.env;
  return refuseClient(context, address, { clients, metrics }) ??
    mjpegResponse({
      hub,
      address,
      expiresAtMs: context.get("caller").grant.expiresAtMs,
      clients,
      metrics,
      cut,
    });
}

/** Whether waiting for a picture makes sense. */
function isHeld(hub: Hub): boolean {
  const nowMs = epochNowMs();
  return hub.isPublished(nowMs) || hub.isPosted(nowMs);
}

async function nextPicture(hub: Hub): Promise<OutboundFrame | undefined> {
  using tap = new JpegTap(hub);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), SNAPSHOT_WITHIN_MS);
  try {
    return await tap.next(late.signal);
  } finally {
    clearTimeout(timer);
  }
}

function unknown(context: Context<StreamEnv>): Response {
  return errorResponse(context, 404, "unknown_stream", "no such stream");
}
