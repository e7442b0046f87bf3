import type { StreamState } from "@porthole/protocol";
import type { ConnectionState } from "./socket.ts";
import type { StatsSnapshot } from "./stats.ts";

/** What the page tells the worker of a player. */
export type PageToWorker =
  | {
    readonly type: "start";
    /** Transferred: from then on only the worker paints it. */
    readonly canvas: OffscreenCanvas;
    readonly socketUrl: string;
    readonly playing: boolean;
  }
  | { readonly type: "play" }
  | { readonly type: "pause" }
  | { readonly type: "capture" }
  | { readonly type: "stop" };

/** How a player is, twice a second and on each change that shows. */
export interface Report {
  readonly connection: ConnectionState;
  /** Why there is no connection, in words. */
  readonly connectionCause: string;
  /** What ingest says of the stream; `undefined` before it said anything on this connection. */
  readonly streamState: StreamState | undefined;
  readonly streamCause: string;
  /** Of the last painted picture; `undefined` before there is one. */
  readonly picture: PictureInfo | undefined;
  /** Why ingest chose this rendition, in words; empty when it did not say. */
  readonly qualityReason: string;
  /** Frames in the decoder and not yet painted. */
  readonly bufferedFrames: number;
  readonly stats: StatsSnapshot;
}

export interface PictureInfo {
  readonly rendition: string;
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

export type WorkerToPage =
  | { readonly type: "report"; readonly report: Report }
  | { readonly type: "captured"; readonly png: Blob }
  | { readonly type: "capture-failed"; readonly reason: string };
