import { epochNowMs } from "@porthole/protocol";
import { type Context, Hono } from "hono";
import { permits } from "../access/grant.ts";
import type { ClientRegistry } from "../client_registry.ts";
import { errorResponse } from "../http_error.ts";
import type { Hub } from "../hub.ts";
import type { MemoryGuard } from "../limits/memory_guard.ts";
import { Slots } from "../limits/slots.ts";
import type { Metrics } from "../metrics.ts";
import { mjpegResponse } from "../mjpeg_response.ts";
import { Notices } from "../notice/notices.ts";
import type { Overview } from "../overview.ts";
import { jpegFor, type PictureWish, pictureWishOf } from "../picture_wish.ts";
import { refuseClient } from "../refusal.ts";
import { noticeOf, noticeResponse, snapshotOf, snapshotResponse } from "../snapshot.ts";
import { type StreamEnv, withStreamId } from "../stream_id.ts";
import type { StreamRegistry } from "../stream_registry.ts";

/** Each waits for a picture, and has it made. */
const MAX_SNAPSHOTS_AT_ONCE = 100;
const RETRY_AFTER_S = "5";
/** Of a stream that nobody knows, whatever name was asked for: drawn once. */
const NOBODY = { state: "offline", cause: "nobody publishes a stream of this name" } as const;
const NOBODY_NOTICE = {
  title: "No such camera",
  words: "Nobody publishes a stream of this name. Is its producer running, and the name right?",
};

export interface StreamsDeps {
  readonly streams: StreamRegistry;
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
  readonly memory: MemoryGuard;
  readonly overview: Overview;
  readonly maxSnapshotsAtOnce?: number;
}

/** With what all requests share. */
interface Showing extends StreamsDeps {
  readonly slots: Slots;
  readonly notices: Notices;
}

/** `GET /api/streams…`: what is published, and single pictures for those who cannot play video. */
export function streamRoutes(streamsDeps: StreamsDeps): Hono<StreamEnv> {
  const slots = new Slots(streamsDeps.maxSnapshotsAtOnce ?? MAX_SNAPSHOTS_AT_ONCE);
  const deps: Showing = { ...streamsDeps, slots, notices: new Notices() };
  const { streams } = deps;
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
    const wish = pictureWishOf(context);
    return typeof wish === "string" ? invalid(context, wish) : snapshot(context, wish, deps);
  });
  routes.get("/api/streams/:stream/mjpeg", withStreamId, (context) => {
    const wish = pictureWishOf(context);
    return typeof wish === "string" ? invalid(context, wish) : mjpeg(context, wish, deps);
  });
  return routes;
}

/** Also of a stream that viewers wait for on another worker alone. */
function hubOf(streamId: string, { streams, clients }: StreamsDeps): Hub | undefined {
  const isWaitedFor = clients.viewerCountOf(streamId) > 0;
  return streams.get(streamId) ?? (isWaitedFor ? streams.waitFor(streamId) : undefined);
}

function describe(hub: Hub, clients: ClientRegistry, nowMs: number) {
  const { id, name, renditions } = hub.info(nowMs);
  return { id, name, ...hub.state(nowMs), renditions, viewers: clients.viewerCountOf(id) };
}

async function snapshot(
  context: Context<StreamEnv>,
  { widthPx, wantsNotice }: PictureWish,
  deps: Showing,
): Promise<Response> {
  const { slots, notices, metrics } = deps;
  const streamId = context.get("streamId");
  const hub = hubOf(streamId, deps);
  if (hub === undefined) {
    if (!wantsNotice) return unknown(context);
    return noticeResponse(context, notices.of(NOBODY_NOTICE, epochNowMs()), NOBODY);
  }
  using slot = slots.take();
  if (slot === undefined) {
    metrics.requestsRefused++;
    const message = `${slots.max} snapshots are waited for already; try again later`;
    return errorResponse(context, 503, "too_many_clients", message, {
      "retry-after": RETRY_AFTER_S,
    });
  }
  const picture = await snapshotOf(hub, jpegFor(widthPx, hub.options(epochNowMs())));
  if (picture !== undefined) return snapshotResponse(context, picture, hub);
  if (!wantsNotice) return noPicture(context, hub);
  const nowMs = epochNowMs();
  const state = hub.state(nowMs);
  return noticeResponse(context, notices.of(noticeOf(streamId, state), nowMs), state);
}

function mjpeg(
  context: Context<StreamEnv>,
  { widthPx, wantsNotice }: PictureWish,
  deps: Showing,
): Response {
  const { clients, metrics, memory, notices } = deps;
  const { address, cut } = context.env;
  const hub = hubOf(context.get("streamId"), deps);
  if (hub === undefined) return unknown(context);
  const nowMs = epochNowMs();
  if (!wantsNotice && hub.state(nowMs).state !== "live") return noPicture(context, hub);
  return refuseClient(context, address, { clients, metrics, memory }) ??
    mjpegResponse({
      hub,
      rendition: jpegFor(widthPx, hub.options(nowMs)),
      notices: wantsNotice ? notices : undefined,
      address,
      expiresAtMs: context.get("caller").grant.expiresAtMs,
      clients,
      metrics,
      cut,
    });
}

function noPicture(context: Context<StreamEnv>, hub: Hub): Response {
  const { state, cause } = hub.state(epochNowMs());
  const message = `no picture came in time; the stream is ${state}` +
    (cause === "" ? "" : `: ${cause}`);
  const headers = { "retry-after": RETRY_AFTER_S };
  return errorResponse(context, 503, "no_picture", message, headers);
}

function invalid(context: Context<StreamEnv>, what: string): Response {
  return errorResponse(context, 400, "invalid_query", what);
}

function unknown(context: Context<StreamEnv>): Response {
  return errorResponse(context, 404, "unknown_stream", "no such stream");
}
