import { LatencyHistory } from "./latency_history.ts";
import { medianOf, SlidingWindow } from "./sliding_window.ts";

const RATE_SPAN_MS = 2000;
const LATENCY_SPAN_MS = 1000;
/** How long it is worth a word that the link was slow. */
export const SLOW_LINK_SPAN_MS = 10_000;
/** Two seconds of the most frames a second there can be, and some more. */
const RATE_CAPACITY = 256;
const SLOW_LINK_CAPACITY = 64;

/** What is known of the playing at one time. Counts are since the player began. */
export interface StatsSnapshot {
  readonly framesReceived: number;
  readonly framesPainted: number;
  readonly paintedFps: number;
  readonly receivedKbps: number;
  /** Not sent by ingest because this viewer was behind. */
  readonly discardedByServer: number;
  /** The same, of the last {@link SLOW_LINK_SPAN_MS} alone. */
  readonly discardedLately: number;
  /** Received and not painted: overtaken by a newer one, or of no use without one that is missing. */
  readonly discardedByViewer: number;
  /** Of those: given up because the decoder was behind, and what built on them. */
  readonly decoderBehind: number;
  /** Of those: of no use without one that never came. */
  readonly unusable: number;
  /** Of those: decoded, or waiting to be, when a newer one came. */
  readonly overtaken: number;
  readonly decoderErrors: number;
  /** From the producer having the picture to its painting, ms; unknown without a common clock. */
  readonly latencyMs: number | undefined;
  /** The part of `latencyMs` before the message was here; the rest is decoding and painting. */
  readonly transportMs: number | undefined;
  /** From the message being here to the picture being out of the decoder, ms. */
  readonly decodeMs: number | undefined;
  /** How long there has been no new picture, ms; since playing began when there was none yet. */
  readonly sincePaintMs: number;
  /** Between the last two pictures, ms; 0 before there were two. */
  readonly paintIntervalMs: number;
  /** From the connection's opening, or the end of a pause, to the first picture painted, ms. */
  readonly joinMs: number | undefined;
  /** The same to the first picture of the rendition that ingest says it sends, not of a preview. */
  readonly fullJoinMs: number | undefined;
}

/** The times of one painted frame, ms since the epoch. */
export interface PaintTimes {
  /** {@link Frame.timestamp} on this viewer's clock; `undefined` while the clocks are not known. */
  readonly capturedAtMs: number | undefined;
  readonly receivedAtMs: number;
  /** Where that can be seen. */
  readonly decodedAtMs?: number;
  readonly paintedAtMs: number;
}

/** Counts and windows of what was received and painted. Pure: the time is passed in. */
export class Stats {
  readonly #receivedBytes = new SlidingWindow(RATE_SPAN_MS, RATE_CAPACITY);
  readonly #painted = new SlidingWindow(RATE_SPAN_MS, RATE_CAPACITY);
  readonly #transportMs = new SlidingWindow(LATENCY_SPAN_MS, RATE_CAPACITY);
  readonly #latencyMs = new SlidingWindow(LATENCY_SPAN_MS, RATE_CAPACITY);
  readonly #decodeMs = new SlidingWindow(LATENCY_SPAN_MS, RATE_CAPACITY);
  /** Goes on over pauses and lost connections: they show as gaps. */
  readonly history = new LatencyHistory();
  readonly #discarded = new SlidingWindow(SLOW_LINK_SPAN_MS, SLOW_LINK_CAPACITY);
  #framesReceived = 0;
  #framesPainted = 0;
  #discardedByServer = 0;
  #undecoded = 0;
  #decoderBehind = 0;
  #decoderErrors = 0;
  #quietSinceMs: number;
  #paintedMs: number | undefined;
  #paintIntervalMs = 0;
  #joiningSinceMs: number | undefined;
  #joinMs: number | undefined;
  #fullJoinMs: number | undefined;

  constructor(nowMs: number) {
    this.#quietSinceMs = nowMs;
  }

  received(nowMs: number, messageBytes: number): void {
    this.#framesReceived++;
    this.#receivedBytes.add(nowMs, messageBytes);
  }

  /** @param isPreview of another rendition than the one that ingest says it sends */
  painted(times: PaintTimes, isPreview: boolean): void {
    const { capturedAtMs, receivedAtMs, decodedAtMs, paintedAtMs } = times;
    this.#framesPainted++;
    this.#quietSinceMs = paintedAtMs;
    this.#joined(paintedAtMs, isPreview);
    if (this.#paintedMs !== undefined) this.#paintIntervalMs = paintedAtMs - this.#paintedMs;
    this.#paintedMs = paintedAtMs;
    this.#painted.add(paintedAtMs, 1);
    if (decodedAtMs !== undefined) this.#decodeMs.add(paintedAtMs, decodedAtMs - receivedAtMs);
    if (capturedAtMs === undefined) return;
    // Clocks are known to half a round trip; nothing arrives before it was sent, though.
    const sentAtMs = Math.min(capturedAtMs, receivedAtMs);
    this.#transportMs.add(paintedAtMs, receivedAtMs - sentAtMs);
    this.#latencyMs.add(paintedAtMs, paintedAtMs - sentAtMs);
    this.history.add(paintedAtMs, paintedAtMs - sentAtMs);
  }

  lagged(nowMs: number, discarded: number): void {
    this.#discardedByServer += discarded;
    this.#discarded.add(nowMs, discarded);
  }

  /** A received frame that is not going to be decoded. */
  notDecoded(): void {
    this.#undecoded++;
  }

  /** One of those, for the decoder was too slow. */
  decoderWasBehind(): void {
    this.#decoderBehind++;
  }

  decoderFailed(): void {
    this.#decoderErrors++;
  }

  /** Playing begins, or begins again: what was measured before says nothing of now. */
  restart(nowMs: number): void {
    this.#quietSinceMs = nowMs;
    this.#paintedMs = undefined;
    this.#paintIntervalMs = 0;
    this.beginAnew(nowMs);
  }

  /** Pictures come about another way from now on. Until one does, the last stands as it stood. */
  beginAnew(nowMs: number): void {
    this.#joiningSinceMs = nowMs;
    this.#joinMs = undefined;
    this.#fullJoinMs = undefined;
    this.#receivedBytes.clear();
    this.#painted.clear();
    this.#transportMs.clear();
    this.#latencyMs.clear();
    this.#decodeMs.clear();
    this.#discarded.clear();
  }

  /** @param overtaken frames that were decoded, or waited to be, when a newer one came */
  snapshot(nowMs: number, overtaken: number): StatsSnapshot {
    return {
      framesReceived: this.#framesReceived,
      framesPainted: this.#framesPainted,
      paintedFps: this.#painted.ratePerSecond(nowMs),
      receivedKbps: this.#receivedBytes.ratePerSecond(nowMs) * 8 / 1000,
      discardedByServer: this.#discardedByServer,
      discardedLately: sum(this.#discarded.values(nowMs)),
      discardedByViewer: this.#undecoded + overtaken,
      decoderBehind: this.#decoderBehind,
      unusable: this.#undecoded - this.#decoderBehind,
      overtaken,
      decoderErrors: this.#decoderErrors,
      latencyMs: medianOf(this.#latencyMs.values(nowMs)),
      transportMs: medianOf(this.#transportMs.values(nowMs)),
      decodeMs: medianOf(this.#decodeMs.values(nowMs)),
      sincePaintMs: nowMs - this.#quietSinceMs,
      paintIntervalMs: this.#paintIntervalMs,
      joinMs: this.#joinMs,
      fullJoinMs: this.#fullJoinMs,
    };
  }

  #joined(paintedAtMs: number, isPreview: boolean): void {
    if (this.#joiningSinceMs === undefined) return;
    const tookMs = paintedAtMs - this.#joiningSinceMs;
    this.#joinMs ??= tookMs;
    if (isPreview) return;
    this.#fullJoinMs = tookMs;
    this.#joiningSinceMs = undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
