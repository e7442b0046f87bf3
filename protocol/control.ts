/** Control messages: MessagePack maps with a `type`. SPEC.md, "Control". */

export type StreamState = "live" | "stale" | "offline";

/** What a viewer can decode. */
export type CodecFamily = "avc1" | "hvc1" | "jpeg";

/** The three times of a clock exchange, ms since the epoch: asked, received, answered. */
export interface ClockAnswer {
  readonly type: "clock";
  /** When the asker sent its question, on the asker's clock. */
  readonly t0: number;
  /** When the other side had it, on the other side's clock. */
  readonly t1: number;
  /** When the other side answered, on the other side's clock. */
  readonly t2: number;
}

/** Ingest's answer to a viewer. */
export interface ViewerClockAnswer extends ClockAnswer {
  /**
   * How long frames of what the viewer gets took of late from the publisher to ingest, ms, the one
   * in the middle; absent while nothing comes.
   */
  readonly uplinkMs?: number;
}

export interface ClockQuestion {
  readonly type: "clock";
  readonly t0: number;
}

/** The last frame a receiver has: what was sent after it is still on the way. */
export interface Ack {
  readonly type: "ack";
  readonly seq: number;
  readonly rendition?: string;
  /** From viewers: frames received since the last ack and given up, for decoding was behind. */
  readonly undecoded?: number;
}

export interface Bye {
  readonly type: "bye";
  readonly code: string;
  readonly reason: string;
}

export interface ViewerHello {
  readonly type: "hello";
  readonly codecs: readonly string[];
  readonly maxKbps?: number;
  readonly maxFps?: number;
  readonly maxWidth?: number;
  readonly maxHeight?: number;
}

export interface Select {
  readonly type: "select";
  /** `"auto"` or a rendition's name. */
  readonly rendition: string;
}

/** Of the ages of a set of pictures, ms: half were no older than `p50`. */
export interface LatencyPercentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** How late and how fluent pictures were at the viewer since it last said so. */
export interface PlaybackReport {
  readonly type: "report";
  /** From {@link Frame.timestamp} to the painting. */
  readonly latencyMs: LatencyPercentiles;
  /** Pictures painted a second. */
  readonly fps: number;
}

export type ViewerMessage =
  | ViewerHello
  | Ack
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | Select
  | ClockQuestion
  | PlaybackReport;

export interface RenditionInfo {
  readonly name: string;
  readonly codec: string;
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
  readonly fps: number;
  readonly kbps: number;
}

export interface StreamInfo {
  readonly id: string;
  /** What people call the camera, if they call it other than by its id. */
  readonly name?: string;
  readonly renditions: readonly RenditionInfo[];
  /** Names of all that can be selected, those included that are made only when somebody watches. */
  readonly selectable?: readonly string[];
  /** Publisher's clock minus ingest's, ms: frame timestamps minus this are on ingest's clock. */
  readonly clockOffsetMs: number;
}

export interface StreamMessage {
  readonly type: "stream";
  readonly info: StreamInfo;
  readonly state: StreamState;
  /** Why there is no picture, in words; empty while live. */
  readonly cause: string;
  /** How long ago ingest got the last frame, ms; while not live, and if there was one. */
  readonly quietMs?: number;
  /** Nothing is wrong: the camera was closed because nobody watched, and opens now. */
  readonly standby?: boolean;
}

export interface Quality {
  readonly type: "quality";
  readonly rendition: string;
  /** Frames a second the viewer gets; 0 when not yet measured. */
  readonly fps: number;
  readonly reason: string;
}

/** Frames that were not sent because the viewer was behind. */
export interface Lagged {
  readonly type: "lagged";
  readonly discarded: number;
}

/**
 * Frames up to `untilSeq` follow at once, to be decoded but not painted, except the last. Ingest
 * says it to a viewer who joins, the producer to an ingest it comes (back) to.
 */
export interface Replay {
  readonly type: "replay";
  readonly rendition: string;
  readonly untilSeq: number;
}

/** Bytes without a meaning, to see what the link carries. Viewers ignore it. */
export interface Padding {
  readonly type: "padding";
  readonly data: Uint8Array;
}

export type IngestToViewerMessage =
  | StreamMessage
  | Quality
  | Lagged
  | Replay
  | ViewerClockAnswer
  | Padding
  | Bye;

export interface ProducerHello {
  readonly type: "hello";
  readonly software: string;
  /** Renditions the producer can make when they are demanded. */
  readonly renditions: readonly string[];
  /** What people call the camera. */
  readonly name?: string;
}

/** How the camera is, said by the producer on each change. */
export interface CameraStatus {
  readonly type: "status";
  readonly state: "live" | "connecting" | "failed";
  /** In words, without secrets; empty while live. */
  readonly cause: string;
  /** With `connecting`: closed because nobody watches, or just being opened for who does. */
  readonly standby?: boolean;
}

export type ProducerMessage = ProducerHello | CameraStatus | Replay | ClockAnswer | Bye;

/** The renditions of its hello that somebody wants now. */
export interface Demand {
  readonly type: "demand";
  readonly renditions: readonly string[];
}

export type IngestToProducerMessage = Demand | ClockQuestion | Ack | Bye;

/** The `type` of a decoded message, or `undefined` for a frame or anything that is not a map. */
export function controlTypeOf(message: unknown): string | undefined {
  if (typeof message !== "object" || message === null || !("type" in message)) return undefined;
  return typeof message.type === "string" ? message.type : undefined;
}
