import type { Quality, RenditionInfo, StreamState } from "@porthole/protocol";
import type { LatencyMinute } from "./latency_history.ts";
import type { PictureSize } from "./display_box.ts";
import type { MediaFailure, MediaFrame, ShownFrame } from "./media/media_frame.ts";
import type { ConnectionState } from "./socket.ts";
import type { StatsSnapshot } from "./stats.ts";
import type { Way, WayChoice } from "./ways.ts";

/** What the page tells the worker of a player. */
export type PageToWorker =
  | {
    readonly type: "start";
    /** Transferred: from then on only the worker paints it. */
    readonly canvas: OffscreenCanvas;
    readonly socketUrl: string;
    /** Of the API, to be asked why a connection is refused. */
    readonly streamUrl: string;
    /** Signed, of who watches; none where a cookie says it, or nobody is asked. */
    readonly token?: string | undefined;
    readonly playing: boolean;
    /** A rendition's name, or `"auto"`. */
    readonly selected: string;
    /** kbit/s that ingest is asked to stay below; `undefined` for no such wish. */
    readonly maxKbps: number | undefined;
    /** Larger pictures than this are of no use; `undefined` for no such limit. */
    readonly maxSize: PictureSize | undefined;
    /** Why this page shows nothing by Media Source; `undefined` when it does. */
    readonly missingMediaSource: string | undefined;
    readonly mediaSourcePlaysH265: boolean;
    readonly wayChoice: WayChoice;
    readonly smoothingMs: number;
  }
  | { readonly type: "limit"; readonly maxSize: PictureSize | undefined }
  /** Transferred: what is painted is written there too, until there is another one, or none. */
  | { readonly type: "mirror"; readonly track: WritableStream<VideoFrame> | undefined }
  | { readonly type: "play" }
  | { readonly type: "pause" }
  | { readonly type: "select"; readonly selected: string }
  | { readonly type: "token"; readonly token: string | undefined }
  | { readonly type: "way"; readonly wayChoice: WayChoice }
  /** How long pictures may wait for even intervals, ms. */
  | { readonly type: "smoothing"; readonly smoothingMs: number }
  /** The network is another one, or there again. */
  | { readonly type: "network-changed" }
  | { readonly type: "media-shown"; readonly shown: ShownFrame }
  | { readonly type: "media-alive" }
  | { readonly type: "media-failed"; readonly failure: MediaFailure }
  | { readonly type: "capture" }
  /** Whether reports are to tell of the last minute. */
  | { readonly type: "history"; readonly wanted: boolean }
  | { readonly type: "stop" };

/** How a player is, twice a second and on each change that shows. */
export interface Report {
  readonly connection: ConnectionState;
  /** Why there is no connection, in words. */
  readonly connectionCause: string;
  /** What ingest says of the stream; `undefined` before it said anything on this connection. */
  readonly streamState: StreamState | undefined;
  readonly streamCause: string;
  /** Nothing is wrong: the camera was closed because nobody watched, and opens now. */
  readonly streamStandby: boolean;
  /** What people call the camera; empty for no other name than its id. */
  readonly streamName: string;
  /** How long ingest has had no frame, ms, as far as it said; 0 while live. */
  readonly streamQuietMs: number;
  /** Of the last painted picture; `undefined` before there is one. */
  readonly picture: PictureInfo | undefined;
  /** What ingest says it sends, and why; `undefined` before it said so on this connection. */
  readonly quality: Quality | undefined;
  /** Renditions that run, with their measures. */
  readonly renditions: readonly RenditionInfo[];
  /** Names of all that can be selected; `undefined` when ingest does not say. */
  readonly selectable: readonly string[] | undefined;
  /** Whether this browser plays H.264. One that turns out not to be able to stops doing so. */
  readonly decodesH264: boolean;
  /** The same of H.265. */
  readonly decodesH265: boolean;
  /** How pictures come about, and why so, in words. */
  readonly way: Way;
  readonly wayReason: string;
  /** Frames in the decoder and not yet painted. */
  readonly bufferedFrames: number;
  readonly stats: StatsSnapshot;
  /** Frames that never came to ingest, as far as their numbers show. */
  readonly lostBeforeServer: number;
  /** How long frames take from the producer to ingest, ms, as ingest says. */
  readonly uplinkMs: number | undefined;
  /** By how much our clock and ingest's may be set wrong against each other, ms at most. */
  readonly clockErrorMs: number | undefined;
  /** How often the connection came back after it was lost. */
  readonly reconnects: number;
  /** Why it was lost last, in words; empty when it never was. */
  readonly lastLossCause: string;
  /** How late pictures were; while the page wants to know. */
  readonly minute?: LatencyMinute;
}

export interface PictureInfo {
  readonly rendition: string;
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

export type WorkerToPage =
  | { readonly type: "report"; readonly report: Report }
  /** For the page's media element. Its data is transferred. */
  | { readonly type: "media"; readonly frame: MediaFrame }
  /** The canvas has a newer picture, or is going to. */
  | { readonly type: "media-end" }
  | { readonly type: "captured"; readonly png: Blob }
  | { readonly type: "capture-failed"; readonly reason: string };
