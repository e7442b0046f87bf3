import type { CameraStatus } from "@porthole/protocol";
import type { MetricParts } from "@porthole/protocol/metrics";
import type { ClientChange } from "../client_counts.ts";
import type { MetricsTotals } from "../metrics.ts";
import type { ViewerReport } from "../overview.ts";
import type { ViewerPlayback } from "../playback_reports.ts";

/**
 * A live publish on the worker that says so: all there is to know of it, each time anything of it
 * changes, so that whoever missed one knows by the next.
 */
export interface PublisherNews {
  readonly type: "publisher";
  readonly stream: string;
  /** One more than any before of this stream: of two publishers the later one holds it. */
  readonly term: number;
  readonly offers: readonly string[];
  readonly name: string | undefined;
  readonly camera: CameraStatus | undefined;
  readonly clockOffsetMs: number;
}

export interface PublisherGone {
  readonly type: "detached";
  readonly stream: string;
  readonly term: number;
}

/** A frame of the live publish, or one that was posted by itself. */
export interface SharedFrame {
  readonly type: "frame" | "post";
  readonly stream: string;
  /** +1 a frame a link, to be confirmed by `taken`. */
  readonly count: number;
  /** The WebSocket message as viewers get it, header and all. The receiver's own. */
  readonly framed: ArrayBuffer;
}

export interface ReplayNews {
  readonly type: "replay";
  readonly stream: string;
  readonly rendition: string;
  readonly untilSeq: number;
}

/** To where the publisher is: all that is wanted here, in the place of what was before. */
export interface RemoteDemand {
  readonly type: "demand";
  readonly stream: string;
  readonly term: number;
  readonly renditions: readonly string[];
}

export type StreamNews = PublisherNews | PublisherGone | SharedFrame | ReplayNews | RemoteDemand;

/** Every frame up to `count` has been fanned out here. */
export interface Taken {
  readonly type: "taken";
  readonly count: number;
}

export interface ClientNews extends ClientChange {
  readonly type: "client";
}

export type OverviewMessage =
  | { readonly type: "askMetrics"; readonly id: number }
  | { readonly type: "metrics"; readonly id: number; readonly answer: MetricsTotals }
  | { readonly type: "askParts"; readonly id: number }
  | { readonly type: "parts"; readonly id: number; readonly answer: MetricParts }
  | { readonly type: "askPlaybacks"; readonly id: number }
  | { readonly type: "playbacks"; readonly id: number; readonly answer: readonly ViewerPlayback[] }
  | { readonly type: "askViewers"; readonly id: number; readonly stream: string }
  | { readonly type: "viewers"; readonly id: number; readonly answer: readonly ViewerReport[] };

/** What workers tell each other. */
export type MeshMessage = StreamNews | Taken | ClientNews | OverviewMessage;
