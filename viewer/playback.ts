import {
  codecOf,
  epochNowMs,
  type Frame,
  type IngestToViewerMessage,
  renditionOf,
  type ViewerHello,
} from "@porthole/protocol";
import { Arrivals } from "./arrivals.ts";
import { Backoff, RECONNECT_BOUNDS } from "./backoff.ts";
import type { PictureSize } from "./display_box.ts";
import type { MediaFailure, ShownFrame } from "./media/media_frame.ts";
import { MissingFrames } from "./missing_frames.ts";
import { type PaintedPicture, Pipeline } from "./pipeline.ts";
import { NO_MEDIA, type PlaybackOptions } from "./playback_options.ts";
import { PlayerCodecs } from "./player_codecs.ts";
import { askForRefusal } from "./refusal.ts";
import { ReportPace } from "./report_pace.ts";
import { type ConnectionState, StreamSocket } from "./socket.ts";
import { Stats } from "./stats.ts";
import { StreamStatus } from "./stream_status.ts";
import type { WayChoice } from "./ways.ts";
import type { PictureInfo } from "./worker_messages.ts";

const REPORT_INTERVAL_MS = 500;

/** The playing of one stream in its worker: what comes, what becomes of it, and what is said of it. */
export class Playback {
  readonly #options: PlaybackOptions;
  readonly #socket: StreamSocket;
  readonly #arrivals = new Arrivals();
  readonly #codecs: PlayerCodecs;
  readonly #pipeline: Pipeline;
  readonly #stats = new Stats(epochNowMs());
  readonly #missing = new MissingFrames();
  readonly #status = new StreamStatus();
  readonly #reportPace = new ReportPace(epochNowMs());
  readonly #reporter: ReturnType<typeof setInterval>;
  #playing: boolean;
  #token: string | undefined;
  #picture: PictureInfo | undefined;
  #maxSize: PictureSize | undefined;
  #tellsHistory = false;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.#maxSize = options.maxSize;
    this.#playing = options.playing;
    this.#token = options.token;
    const { media = NO_MEDIA, wayChoice = "auto", smoothingMs = 0 } = options;
    this.#codecs = new PlayerCodecs({ media, wayChoice, onKnown: () => this.#socket.greet() });
    this.#pipeline = new Pipeline({
      canvas: options.canvas,
      smoothingMs,
      media,
      codecs: this.#codecs,
      onPainted: (picture, paintedAtMs) => this.#painted(picture, paintedAtMs),
      onBehind: () => {
        this.#socket.gaveUp();
        this.#stats.decoderWasBehind();
      },
      onDecoderError: () => this.#stats.decoderFailed(),
      onHopeless: (reason) => this.#giveUp(reason),
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
    this.#reporter = setInterval(() => this.#lookAfter(), REPORT_INTERVAL_MS);
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
    this.#pipeline.mirrorTo(track);
  }

  /** How pictures are to come about; what failed before is tried again. */
  chooseWay(choice: WayChoice): void {
    this.#changeWay(() => this.#codecs.choose(choice));
  }

  set smoothingMs(smoothingMs: number) {
    this.#pipeline.smoothingMs = smoothingMs;
  }

  /** The network is another one, or there again: nothing of before is waited for. */
  networkChanged(): void {
    this.#socket.check();
  }

  /** The page's media element has shown a frame. */
  mediaShown(shown: ShownFrame): void {
    this.#pipeline.mediaShown(shown);
  }

  /** The page's media element decodes, though nothing of it is seen. */
  mediaAlive(): void {
    this.#pipeline.mediaAlive();
  }

  mediaFailed(failure: MediaFailure): void {
    this.#pipeline.mediaFailed(failure);
  }

  /** Whether reports tell of the last minute. */
  tellHistory(wanted: boolean): void {
    this.#tellsHistory = wanted;
    this.#report();
  }

  /** The last picture as a PNG. */
  capture(): Promise<Blob> {
    return this.#pipeline.capture();
  }

  /** Twice is fine. */
  close(): void {
    clearInterval(this.#reporter);
    this.#codecs.close();
    this.#socket.close();
    this.#startOver();
    this.#pipeline.close();
  }

  #hello(): ViewerHello | undefined {
    if (!this.#codecs.isKnown) return undefined;
    const { maxKbps } = this.#options;
    const size = this.#maxSize;
    return {
      type: "hello",
      codecs: this.#codecs.names,
      ...(maxKbps === undefined ? {} : { maxKbps }),
      ...(size === undefined ? {} : { maxWidth: size.widthPx, maxHeight: size.heightPx }),
    };
  }

  #received(frame: Frame, messageBytes: number): void {
    if (!this.#playing) return;
    const nowMs = epochNowMs();
    this.#stats.received(nowMs, messageBytes);
    const arrival = this.#arrivals.arrived(frame);
    this.#missing.arrived(frame, arrival);
    if (arrival === "restarted") this.#pipeline.sourceRestarted();
    const received = { frame, receivedAtMs: nowMs, isReplayed: arrival === "replayed" };
    if (!this.#pipeline.decode(received, nowMs)) this.#stats.notDecoded();
  }

  #painted(
    { source: { frame, receivedAtMs }, decodedAtMs, widthPx, heightPx }: PaintedPicture,
    paintedAtMs: number,
  ): void {
    const rendition = renditionOf(frame);
    const isPreview = (this.#status.promisedRendition ?? rendition) !== rendition;
    this.#stats.painted({
      capturedAtMs: this.#status.capturedAtMs(frame, this.#socket.clockOffsetMs),
      receivedAtMs,
      decodedAtMs,
      paintedAtMs,
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

  #control(message: IngestToViewerMessage): void {
    switch (message.type) {
      case "stream":
        this.#status.streamTold(message, epochNowMs());
        this.#report();
        break;
      case "quality":
        this.#status.qualityTold(message);
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
    this.#status.connectionChanged(state, cause);
    if (state === "open") this.#startOver();
    this.#report();
  }

  #lookAfter(): void {
    if (this.#playing) this.#pipeline.lookAfter(epochNowMs());
    this.#report();
    if (!this.#playing) return;
    const lateness = this.#reportPace.due(this.#stats.history, epochNowMs());
    if (lateness !== undefined) this.#socket.send(lateness);
  }

  /** H.265 where that was given; else the way. */
  #giveUp(reason: string): void {
    if (this.#codecs.givesH265) this.#giveH265Up();
    else this.#changeWay(() => this.#codecs.failWay(reason));
  }

  /** The way stays for H.264, which ingest sends once it is told. */
  #giveH265Up(): void {
    this.#codecs.failH265();
    this.#pipeline.forgetTrouble();
    this.#beginAnew();
    this.#socket.greet();
    this.#report();
  }

  /** On the same connection; what is painted stays until there is something newer. */
  #changeWay(change: () => void): void {
    const [before, codecsBefore] = [this.#codecs.way, this.#codecs.names.join()];
    change();
    const isOfOtherCodecs = this.#codecs.names.join() !== codecsBefore;
    if (this.#codecs.way !== before) {
      this.#pipeline.forgetTrouble();
      this.#beginAnew();
      // A GOP to begin with, which the way before has had.
      if (!isOfOtherCodecs && this.#playing) this.#socket.startOver();
    }
    if (isOfOtherCodecs) this.#socket.greet();
    this.#report();
  }

  /** Playing begins, or begins again. */
  #startOver(): void {
    this.#beginAnew();
    this.#stats.restart(epochNowMs());
  }

  /** What is in the making is of no use any more; the painted picture stays. */
  #beginAnew(): void {
    this.#arrivals.forget();
    this.#pipeline.restart();
    this.#missing.forget();
    this.#stats.beginAnew(epochNowMs());
    this.#reportPace.restart(epochNowMs());
  }

  #report(): void {
    const nowMs = epochNowMs();
    const stats = this.#stats.snapshot(nowMs, this.#pipeline.overtaken);
    this.#options.onReport({
      ...this.#status.told(nowMs),
      picture: this.#picture,
      ...this.#codecs.told,
      bufferedFrames: this.#pipeline.frames,
      stats,
      lostBeforeServer: this.#missing.lostBeforeServer(stats.discardedByServer),
      uplinkMs: this.#socket.uplinkMs,
      clockErrorMs: this.#socket.clockErrorMs,
      ...(this.#tellsHistory ? { minute: this.#stats.history.minute(nowMs) } : {}),
    });
  }
}
