import {
  codecOf,
  epochNowMs,
  type Frame,
  type IngestToViewerMessage,
  isJpeg,
  type Quality,
  renditionOf,
  type StreamMessage,
  type ViewerHello,
} from "@porthole/protocol";
import { Arrivals } from "./arrivals.ts";
import { Backoff, RECONNECT_BOUNDS } from "./backoff.ts";
import { Decoder } from "./decoder.ts";
import { DecoderTrouble } from "./decoder_trouble.ts";
import type { PictureSize } from "./display_box.ts";
import { FrameGate } from "./frame_gate.ts";
import type { Picture, ReceivedFrame } from "./picture.ts";
import { PictureMirror } from "./picture_mirror.ts";
import { Playhead } from "./playhead.ts";
import { askForRefusal } from "./refusal.ts";
import { Renderer } from "./renderer.ts";
import { type ConnectionState, StreamSocket } from "./socket.ts";
import { Stats } from "./stats.ts";
import type { PictureInfo, Report } from "./worker_messages.ts";

export interface PlaybackOptions {
  readonly canvas: OffscreenCanvas;
  readonly socketUrl: string;
  /** Of the API, to be asked why a connection is refused. */
  readonly streamUrl: string;
  /** Signed, of who watches; none where a cookie says it, or nobody is asked. */
  readonly token?: string | undefined;
  readonly playing: boolean;
  /** A rendition's name, or `"auto"`. */
  readonly selected: string;
  /** kbit/s that ingest is asked to stay below. */
  readonly maxKbps: number | undefined;
  /** Larger pictures than this are of no use. */
  readonly maxSize?: PictureSize | undefined;
  readonly onReport: (report: Report) => void;
}

const REPORT_INTERVAL_MS = 500;
const NO_BACKLOG = { bytes: 0, ageMs: 0 };

/** The path of one stream in its worker: socket, gate, decoder, playhead, renderer. */
export class Playback {
  readonly #options: PlaybackOptions;
  readonly #renderer: Renderer;
  readonly #socket: StreamSocket;
  readonly #arrivals = new Arrivals();
  readonly #gate = new FrameGate();
  readonly #decoder: Decoder;
  readonly #trouble = new DecoderTrouble();
  readonly #playhead = new Playhead<Picture>();
  readonly #stats = new Stats(epochNowMs());
  readonly #reporter: ReturnType<typeof setInterval>;
  // WebCodecs exists in secure contexts only: on plain http in a LAN there is JPEG.
  #decodesH264 = typeof VideoDecoder === "function";
  #playing: boolean;
  #token: string | undefined;
  #animationFrame: number | undefined;
  #connection: ConnectionState = "connecting";
  #connectionCause = "";
  #stream: StreamMessage | undefined;
  /** Since when ingest has had no frame, on our clock. */
  #quietSinceMs: number | undefined;
  #quality: Quality | undefined;
  #picture: PictureInfo | undefined;
  #maxSize: PictureSize | undefined;
  #mirror: PictureMirror | undefined;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.#maxSize = options.maxSize;
    this.#playing = options.playing;
    this.#token = options.token;
    this.#renderer = new Renderer(options.canvas);
    this.#decoder = new Decoder({
      onPicture: (picture) => this.#decoded(picture),
      onError: () => this.#decoderFailed(),
      onUnsupported: () => this.#fallBackToJpeg(),
    });
    this.#socket = new StreamSocket({
      url: options.socketUrl,
      token: options.token,
      askForRefusal: () => askForRefusal(options.streamUrl, this.#token),
      hello: () => this.#hello(),
      backoff: new Backoff(RECONNECT_BOUNDS, Math.random),
      handlers: {
        onFrame: (frame, messageBytes) => this.#received(frame, messageBytes),
        onControl: (message) => this.#control(message),
        onConnection: (state, cause) => this.#connectionChanged(state, cause),
      },
    }, options.playing);
    this.#socket.select(options.selected);
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

  /** @param selected a rendition's name, or `"auto"` */
  select(selected: string): void {
    this.#socket.select(selected);
  }

  /** For the connections to come. */
  useToken(token: string | undefined): void {
    this.#token = token;
    this.#socket.useToken(token);
  }

  /** What ingest is told of the size that is of use. */
  limit(maxSize: PictureSize | undefined): void {
    this.#maxSize = maxSize;
    this.#socket.greet();
  }

  /** Writes what is painted into a track too, beginning with what is painted now. */
  mirrorTo(track: WritableStream<VideoFrame> | undefined): void {
    this.#mirror?.close();
    this.#mirror = track === undefined ? undefined : new PictureMirror(track);
    if (this.#picture !== undefined) this.#mirror?.show(this.#options.canvas);
  }

  /** The last picture as a PNG. */
  capture(): Promise<Blob> {
    return this.#renderer.capture();
  }

  /** Twice is fine. */
  close(): void {
    clearInterval(this.#reporter);
    this.#socket.close();
    this.#mirror?.close();
    this.#startOver();
  }

  #hello(): ViewerHello {
    const codecs = this.#decodesH264 ? ["avc1", "jpeg"] : ["jpeg"];
    const { maxKbps } = this.#options;
    const size = this.#maxSize;
    return {
      type: "hello",
      codecs,
      ...(maxKbps === undefined ? {} : { maxKbps }),
      ...(size === undefined ? {} : { maxWidth: size.widthPx, maxHeight: size.heightPx }),
    };
  }

  #received(frame: Frame, messageBytes: number): void {
    if (!this.#playing) return;
    const nowMs = epochNowMs();
    this.#stats.received(nowMs, messageBytes);
    const arrival = this.#arrivals.arrived(frame);
    if (arrival === "restarted") this.#playhead.sourceRestarted();
    const isReplayed = arrival === "replayed";
    if (!this.#decode({ frame, receivedAtMs: nowMs, isReplayed }, nowMs)) this.#stats.notDecoded();
  }

  /** Whether the frame went to the decoder. */
  #decode(received: ReceivedFrame, nowMs: number): boolean {
    const { frame, isReplayed } = received;
    // What was on its way when this browser gave H.264 up.
    if (!this.#decodesH264 && !isJpeg(frame)) return false;
    const backlog = isReplayed ? NO_BACKLOG : this.#decoder.backlog(nowMs);
    const admission = this.#gate.admit(frame, backlog);
    if (admission === "behind") this.#socket.gaveUp();
    return admission === "decode" && this.#decoder.decode(received);
  }

  #decoded(picture: Picture): void {
    if (!this.#playhead.offer(picture)) return;
    // A hidden tab has no animation frames, and a mirror is seen all the same.
    if (this.#mirror !== undefined) return this.#paint();
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
    this.#mirror?.show(picture.image);
    this.#painted(picture);
    picture.close();
  }

  #painted({ source: { frame, receivedAtMs }, widthPx, heightPx }: Picture): void {
    this.#trouble.painted();
    const rendition = renditionOf(frame);
    const isPreview = this.#quality !== undefined && this.#quality.rendition !== rendition;
    this.#stats.painted({
      capturedAtMs: this.#capturedAtMs(frame),
      receivedAtMs,
      paintedAtMs: epochNowMs(),
    }, isPreview);
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
        this.#quietSinceMs = message.quietMs === undefined
          ? undefined
          : epochNowMs() - message.quietMs;
        this.#report();
        break;
      case "quality":
        this.#quality = message;
        this.#report();
        break;
      case "lagged":
        this.#stats.lagged(epochNowMs(), message.discarded);
        break;
      case "replay":
        this.#arrivals.beginReplay(message.rendition, message.untilSeq);
        break;
    }
  }

  #connectionChanged(state: ConnectionState, cause: string): void {
    this.#connection = state;
    this.#connectionCause = cause || (state === "waiting" ? "the server cannot be reached" : "");
    if (state === "open") {
      this.#stream = undefined;
      this.#quietSinceMs = undefined;
      this.#quality = undefined;
      this.#startOver();
    }
    this.#report();
  }

  #decoderFailed(): void {
    this.#stats.decoderFailed();
    this.#gate.restart();
    if (!this.#decoder.playsJpeg && this.#trouble.failed(epochNowMs())) this.#fallBackToJpeg();
  }

  #fallBackToJpeg(): void {
    if (!this.#decodesH264) return;
    this.#decodesH264 = false;
    this.#decoder.close();
    this.#socket.greet();
    this.#report();
  }

  /** What is in the making is of no use any more; the painted picture stays. */
  #startOver(): void {
    if (this.#animationFrame !== undefined) cancelAnimationFrame(this.#animationFrame);
    this.#animationFrame = undefined;
    this.#arrivals.forget();
    this.#gate.restart();
    this.#decoder.close();
    this.#playhead.clear();
    this.#stats.restart(epochNowMs());
  }

  #report(): void {
    const overtaken = this.#playhead.overtaken + this.#decoder.overtaken;
    const stream = this.#stream;
    const nowMs = epochNowMs();
    this.#options.onReport({
      connection: this.#connection,
      connectionCause: this.#connectionCause,
      streamState: stream?.state,
      streamCause: stream?.cause ?? "",
      streamQuietMs: nowMs - (this.#quietSinceMs ?? nowMs),
      picture: this.#picture,
      quality: this.#quality,
      renditions: stream?.info.renditions ?? [],
      selectable: stream?.info.selectable,
      decodesH264: this.#decodesH264,
      bufferedFrames: this.#decoder.frames + this.#playhead.waiting,
      stats: this.#stats.snapshot(nowMs, overtaken),
    });
  }
}
