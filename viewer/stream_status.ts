import type { Frame, Quality, StreamMessage } from "@porthole/protocol";
import type { ConnectionState } from "./socket.ts";
import type { Report } from "./worker_messages.ts";

type ToldStatus = Pick<
  Report,
  | "connection"
  | "connectionCause"
  | "streamState"
  | "streamCause"
  | "streamStandby"
  | "streamName"
  | "streamQuietMs"
  | "quality"
  | "renditions"
  | "selectable"
  | "reconnects"
  | "lastLossCause"
>;

/** How the connection is, and what ingest said on it of the stream and its quality. Pure. */
export class StreamStatus {
  #connection: ConnectionState = "connecting";
  #cause = "";
  #stream: StreamMessage | undefined;
  /** Since when ingest has had no frame, on our clock. */
  #quietSinceMs: number | undefined;
  #quality: Quality | undefined;
  #openings = 0;
  #lastLossCause = "";

  /** Of another connection nothing holds that was said on the one before. */
  connectionChanged(state: ConnectionState, cause: string): void {
    this.#connection = state;
    this.#cause = cause || (state === "waiting" ? "the server cannot be reached" : "");
    if (state === "waiting" && this.#openings > 0) this.#lastLossCause = this.#cause;
    if (state !== "open") return;
    this.#openings++;
    this.#stream = undefined;
    this.#quietSinceMs = undefined;
    this.#quality = undefined;
  }

  streamTold(message: StreamMessage, nowMs: number): void {
    const { quietMs } = message;
    this.#stream = message;
    this.#quietSinceMs = quietMs === undefined ? undefined : nowMs - quietMs;
  }

  qualityTold(quality: Quality): void {
    this.#quality = quality;
  }

  /** Which rendition ingest says it sends. */
  get promisedRendition(): string | undefined {
    return this.#quality?.rendition;
  }

  /**
   * When a frame was captured, on our clock; `undefined` while the publisher's is not known.
   *
   * @param ingestOffsetMs ingest's clock minus ours, where that is known
   */
  capturedAtMs({ timestamp }: Frame, ingestOffsetMs: number | undefined): number | undefined {
    const publisherOffsetMs = this.#stream?.info.clockOffsetMs;
    if (ingestOffsetMs === undefined || publisherOffsetMs === undefined) return undefined;
    return timestamp - publisherOffsetMs - ingestOffsetMs;
  }

  told(nowMs: number): ToldStatus {
    const stream = this.#stream;
    return {
      connection: this.#connection,
      connectionCause: this.#cause,
      streamState: stream?.state,
      streamCause: stream?.cause ?? "",
      streamStandby: stream?.standby ?? false,
      streamName: stream?.info.name ?? "",
      streamQuietMs: nowMs - (this.#quietSinceMs ?? nowMs),
      quality: this.#quality,
      renditions: stream?.info.renditions ?? [],
      selectable: stream?.info.selectable,
      reconnects: Math.max(0, this.#openings - 1),
      lastLossCause: this.#lastLossCause,
    };
  }
}
