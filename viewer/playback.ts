import {
  codecOf,
  epochNowMs,
  type Frame,
  type IngestToViewerMessage,
  isKeyframe,
  renditionOf,
  type StreamMessage,
  type ViewerHello,
} from "@porthole/protocol";
import { Backoff, RECONNECT_BOUNDS } from "./backoff.ts";
import { Decoder } from "./decoder.ts";
import { FrameGate } from "./frame_gate.ts";
import type { Picture } from "./picture.ts";
import { Playhead } from "./playhead.ts";
import { Renderer } from "./renderer.ts";
import { type ConnectionState, StreamSocket } from "./socket.ts";
import { Stats } from "./stats.ts";
import type { PictureInfo, Report } from "./worker_messages.ts";

export interface PlaybackOptions {
  readonly canvas: OffscreenCanvas;
  readonly socketUrl: string;
  readonly playing: boolean;
  readonly onReport: (report: Report) => void;
}

const REPORT_INTERVAL_MS = 500;
const NO_BACKLOG = { bytes: 0, ageMs: 0 };

/** The path of one stream in its worker: socket, gate, decoder, playhead, renderer. */
export class Playback {
  readonly #onReport: (report: Report) => void;
  readonly #renderer: Renderer;
  readonly #socket: StreamSocket;
  readonly #gate = new FrameGate();
  readonly #decoder: Decoder;
  readonly #playhead = new Playhead<Picture>();
  readonly #stats = new Stats(epochNowMs());
  readonly #reporter: ReturnType<typeof setInterval>;
  // WebCodecs exists in secure contexts only: on plain http in a LAN there is JPEG.
  #decodesH264 = typeof VideoDecoder === "function";
  #playing: boolean;
  #animationFrame: number | undefined;
  #lastSeq: number | undefined;
  #connection: ConnectionState = "connecting";
  #connectionCause = "";
  #stream: StreamMessage | undefined;
  #qualityReason = "";
  #picture: PictureInfo | undefined;

  constructor({ canvas, socketUrl, playing, onReport }: PlaybackOptions) {
    this.#onReport = onReport;
    this.#playing = playing;
    this.#renderer = new Renderer(canvas);
    this.#decoder = new Decoder({
      onPicture: (picture) => this.#decoded(picture),
      onError: () => this.#decoderFailed(),
      onUnsupported: () => this.#fallBackToJpeg(),
    });
    this.#socket = new StreamSocket({
      url: socketUrl,
      hello: () => this.#hello(),
      backoff: new Backoff(RECONNECT_BOUNDS, Math.random),
      handlers: {
        onFrame: (frame, messageBytes) => this.#received(frame, messageBytes),
        onControl: (message) => this.#control(message),
        onConnection: (state, cause) => this.#connectionChanged(state, cause),
      },
    }, playing);
    this.#reporter = setInterval(() => this.#report(), REPORT_INTERVAL_MS);
    this.#socket.connect();
  }

  /** A pause keeps the last picture; playing begins with the newest again. */
  setPlaying(playing: boolean): void {
    if (playing === this.#playing) return;
    this.#playing = playing;
    this.#startOver();
    this.#socket.setPlaying(playing);
    this.#report();
  }

  /** The last picture as a PNG. */
  capture(): Promise<Blob> {
    return this.#renderer.capture();
  }

  /** Twice is fine. */
  close(): void {
    clearInterval(this.#reporter);
    this.#socket.close();
    this.#startOver();
  }

  #hello(): ViewerHello {
    return { type: "hello", codecs: this.#decodesH264 ? ["avc1", "jpeg"] : ["jpeg"] };
  }

  #received(frame: Frame, messageBytes: number): void {
    if (!this.#playing) return;
    const nowMs = epochNowMs();
    this.#stats.received(nowMs, messageBytes);
    const startsOver = this.#lastSeq !== undefined && frame.seq !== undefined &&
      frame.seq <= this.#lastSeq && isKeyframe(frame);
    if (startsOver) this.#playhead.endReplay();
    this.#lastSeq = frame.seq;
    const backlog = this.#playhead.isReplaying ? NO_BACKLOG : this.#decoder.backlog(nowMs);
    const taken = this.#gate.admit(frame, backlog) &&
      this.#decoder.decode({ frame, receivedAtMs: nowMs });
    if (!taken) this.#stats.notDecoded();
  }

  #decoded(picture: Picture): void {
    if (!this.#playhead.offer(picture)) return;
    // Asked for when a picture is there, the animation frame comes at once in the running display
    // interval: in Chromium 156 that shows it 3 ms earlier at the median than painting here, and
    // 12 ms earlier than from a loop that always runs.
    this.#animationFrame ??= requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    this.#animationFrame = undefined;
    const picture = this.#playhead.take();
    if (picture === undefined) return;
    this.#renderer.paint(picture);
    this.#painted(picture);
    picture.close();
  }

  #painted({ source: { frame, receivedAtMs }, widthPx, heightPx }: Picture): void {
    this.#stats.painted({
      capturedAtMs: this.#capturedAtMs(frame),
      receivedAtMs,
      paintedAtMs: epochNowMs(),
    });
    const rendition = renditionOf(frame);
    const codec = codecOf(frame);
    const last = this.#picture;
    if (
      last?.rendition === rendition && last.codec === codec && last.widthPx === widthPx &&
      last.heightPx === heightPx
    ) return;
    this.#picture = { rendition, codec, widthPx, heightPx };
    this.#report();
  }

  /** From the publisher's clock by ingest's to ours. */
  #capturedAtMs(frame: Frame): number | undefined {
    const ingestOffsetMs = this.#socket.clockOffsetMs;
    if (ingestOffsetMs === undefined || this.#stream === undefined) return undefined;
    return frame.timestamp - this.#stream.info.clockOffsetMs - ingestOffsetMs;
  }

  #control(message: IngestToViewerMessage): void {
    switch (message.type) {
      case "stream":
        this.#stream = message;
        this.#report();
        break;
      case "quality":
        this.#qualityReason = message.reason;
        this.#report();
        break;
      case "lagged":
        this.#stats.lagged(message.discarded);
        break;
      case "replay":
        this.#gate.restart();
        this.#lastSeq = undefined;
        this.#playhead.beginReplay(message.untilSeq);
        break;
    }
  }

  #connectionChanged(state: ConnectionState, cause: string): void {
    this.#connection = state;
    this.#connectionCause = cause || (state === "waiting" ? "the server cannot be reached" : "");
    if (state === "open") {
      this.#stream = undefined;
      this.#qualityReason = "";
      this.#startOver();
    }
    this.#report();
  }

  #decoderFailed(): void {
    this.#stats.decoderFailed();
    this.#gate.restart();
  }

  #fallBackToJpeg(): void {
    if (!this.#decodesH264) return;
    this.#decodesH264 = false;
    this.#socket.connect();
  }

  /** What is in the making is of no use any more; the painted picture stays. */
  #startOver(): void {
    if (this.#animationFrame !== undefined) cancelAnimationFrame(this.#animationFrame);
    this.#animationFrame = undefined;
    this.#lastSeq = undefined;
    this.#gate.restart();
    this.#decoder.close();
    this.#playhead.clear();
    this.#stats.restart(epochNowMs());
  }

  #report(): void {
    const overtaken = this.#playhead.overtaken + this.#decoder.overtaken;
    this.#onReport({
      connection: this.#connection,
      connectionCause: this.#connectionCause,
      streamState: this.#stream?.state,
      streamCause: this.#stream?.cause ?? "",
      picture: this.#picture,
      qualityReason: this.#qualityReason,
      bufferedFrames: this.#decoder.frames + this.#playhead.waiting,
      stats: this.#stats.snapshot(epochNowMs(), overtaken),
    });
  }
}
