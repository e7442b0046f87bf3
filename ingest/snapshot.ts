import { epochNowMs } from "@porthole/protocol";
import type { Context } from "hono";
import { createHash } from "node:crypto";
import type { Hub } from "./hub.ts";
import { JpegTap } from "./jpeg_tap.ts";
import type { Notice } from "./notice/notice_picture.ts";
import type { OutboundFrame } from "./outbound_frame.ts";
import type { StateWithCause } from "./stream_state.ts";

/** What pages may show, and keep for themselves as long as they ask each time whether it holds. */
const CACHING = { "cache-control": "private, no-cache" };

const LIVE_WITHIN_MS = 5_000;
/** A camera that is away is seldom back in this very moment. */
const AWAY_WITHIN_MS = 1_000;

/**
 * The picture of now, or the next one; of a camera of few pictures, where that takes too long, the
 * last one. `undefined` when there is none in time.
 */
export async function snapshotOf(
  hub: Hub,
  rendition: string,
): Promise<OutboundFrame | undefined> {
  const nowMs = epochNowMs();
  // Nobody is there whom waiting would make sense for.
  if (!hub.isPublished(nowMs) && !hub.isPosted(nowMs)) return undefined;
  using tap = new JpegTap(hub, rendition);
  const late = new AbortController();
  const { state, standby = false } = hub.state(nowMs);
  const withinMs = state === "live" || standby ? LIVE_WITHIN_MS : AWAY_WITHIN_MS;
  const timer = setTimeout(() => late.abort(), withinMs);
  try {
    const next = await tap.next(late.signal);
    return next ?? (hub.state(epochNowMs()).state === "live" ? tap.last : undefined);
  } finally {
    clearTimeout(timer);
  }
}

/** A picture with all that dashboards and caches ask of it, or 304 for who has it. */
export function snapshotResponse(context: Context, picture: OutboundFrame, hub: Hub): Response {
  const nowMs = epochNowMs();
  const { data, timestamp } = picture.frame;
  const takenMs = Math.min(nowMs, timestamp - hub.info(nowMs).clockOffsetMs);
  return pictureResponse(context, data, {
    "last-modified": new Date(takenMs).toUTCString(),
    "age": String(Math.max(0, Math.floor((nowMs - takenMs) / 1000))),
    "porthole-state": "live",
  });
}

/** A picture that says why there is none; 200, for what shows pictures mostly drops all else. */
export function noticeResponse(
  context: Context,
  notice: Uint8Array,
  { state }: StateWithCause,
): Response {
  return pictureResponse(context, notice, { "porthole-state": state });
}

/** What to say in the place of a picture. */
export function noticeOf(streamId: string, { state, cause, standby }: StateWithCause): Notice {
  // Live, and no JPEG: the camera's own pictures come, and something keeps others from being made.
  const words = cause === "" ? "no JPEG is made of it; see the producer's log" : cause;
  const title = standby === true
    ? `${streamId} is waking`
    : state === "offline"
    ? `${streamId} is offline`
    : `${streamId} has no new picture`;
  return { title, words: words.charAt(0).toUpperCase() + words.slice(1) };
}

function pictureResponse(
  { req }: Context,
  data: Uint8Array,
  about: Readonly<Record<string, string>>,
): Response {
  const etag = `"${createHash("sha256").update(data).digest("base64url").slice(0, 22)}"`;
  const headers = { ...about, ...CACHING, etag };
  if (holds(req.header("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  return new Response(shared(data), {
    headers: {
      ...headers,
      "content-type": "image/jpeg",
      "content-length": String(data.byteLength),
    },
  });
}

/**
 * As a stream a picture goes out as it is; other bodies are copied, and whoever reads none of a
 * thousand answers would hold a thousand copies of it.
 */
function shared(data: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(data);
      controller.close();
    },
  });
}

/** RFC 9110, 13.1.2: a weak comparison with each of a list. */
function holds(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").map((entry) => entry.trim().replace(/^W\//, ""))
    .some((entry) => entry === etag || entry === "*");
}
