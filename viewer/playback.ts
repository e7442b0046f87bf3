import {
  codecFamilyOf,
  codecOf,
  epochNowMs,
  type Frame,
  type IngestToViewerMessage,
  isJpeg,
  renditionOf,
  type ViewerHello,
} from "@porthole/protocol";
import { Arrivals } from "./arrivals.ts";
import { Backoff, RECONNECT_BOUNDS } from "./backoff.ts";
import { CanvasScreen } from "./canvas_screen.ts";
import { Decoder } from "./decoder.ts";
import { DecoderTrouble } from "./decoder_trouble.ts";
import type { PictureSize } from "./display_box.ts";
import { FrameGate } from "./frame_gate.ts";
import { H265Support } from "./h265_support.ts";
import type { MediaFailure, ShownFrame } from "./media/media_frame.ts";
import { MediaOutlet } from "./media/media_outlet.ts";
import { MIN_STUCK_MS, PaintWatchdog } from "./paint_watchdog.ts";
import type { Picture, ReceivedFrame } from "./picture.ts";
import { MissingFrames } from "./missing_frames.ts";
import { NO_MEDIA, type PlaybackOptions } from "./playback_options.ts";
import { askForRefusal } from "./refusal.ts";
import { ReportPace } from "./report_pace.ts";
import { type ConnectionState, StreamSocket } from "./socket.ts";
import { Stats } from "./stats.ts";
import { StreamStatus } from "./stream_status.ts";
import { type WayChoice, Ways } from "./ways.ts";
import { missingWebCodecs, webCodecsPlayH265 } from "./web_codecs.ts";
import type { PictureInfo } from "./worker_messages.ts";

const REPORT_INTERVAL_MS = 500;
/** A browser that has not said by then whether it plays H.265 is given none until it does. */
const CLAIMS_WITHIN_MS = 250;
const NO_BACKLOG = { bytes: 0, ageMs: 0 };
/** The path of one stream in its worker: socket, gate, decoder, screen. */
export class Playback {
  readonly #options: PlaybackOptions;
  readonly #socket: StreamSocket;
  readonly #arrivals = new Arrivals();
  readonly #gate = new FrameGate();
  readonly #decoder: Decoder;
  readonly #trouble = new DecoderTrouble();
  readonly #screen: CanvasScreen;
  readonly #stats = new Stats(epochNowMs());
  readonly #missing = new MissingFrames();
  readonly #status = new StreamStatus();
  readonly #reportPace = new ReportPace(epochNowMs());
  readonly #reporter: ReturnType<typeof setInterval>;
  readonly #watchdog = new PaintWatchdog();
  readonly #media: MediaOutlet;
  readonly #ways: Ways;
  readonly #h265 = new H265Support();
  readonly #claimsDue: ReturnType<typeof setTimeout>;
  /** Whether the frame that was given to a decoder last is H.265. */
  #givesH265 = false;
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
    this.#ways = new Ways({ webcodecs: missingWebCodecs(), mse: media.missing }, wayChoice);
    this.#media = new MediaOutlet(media);
    this.#screen = new CanvasScreen({
      canvas: options.canvas,
      smoothingMs,
      onPainted: (picture, paintedAtMs) => {
        this.#media.end();
        this.#painted(picture, paintedAtMs);
      },
    });
    this.#decoder = new Decoder({
      onPicture: (picture) => {
        this.#watchdog.restart();
        this.#screen.show(picture);
      },
      onError: ({ message }) => this.#decoderFailed(message),
      onUnsupported: (codec) => this.#giveWayUp(`does not know ${codec}`),
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
    this.#h265.learn("mse", media.playsH265 ?? false);
    this.#claimsDue = setTimeout(() => this.#learnClaim(false), CLAIMS_WITHIN_MS);
    const learnClaim = (claim: boolean) => this.#learnClaim(claim);
    webCodecsPlayH265().then(learnClaim, () => learnClaim(false));
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
    this.#screen.mirrorTo(track);
  }

  /** How pictures are to come about; what failed before is tried again. */
  chooseWay(choice: WayChoice): void {
    this.#changeWay(() => {
      this.#ways.choose(choice);
      this.#h265.retry();
    });
  }

  set smoothingMs(smoothingMs: number) {
    this.#screen.smoothingMs = smoothingMs;
  }

  /** The network is another one, or there again: nothing of before is waited for. */
  networkChanged(): void {
    this.#socket.check();
  }

  /** The page's media element has shown a frame. */
  mediaShown(shown: ShownFrame): void {
    const source = this.#media.shown(shown);
    if (source === undefined) return;
    this.#watchdog.restart();
    const shownAtMs = epochNowMs() - shown.agoMs;
    // A media element does not say when it had it decoded.
    this.#painted({ source, ...shown, decodedAtMs: shownAtMs }, shownAtMs);
  }

  /** The page's media element decodes, though nothing of it is seen. */
  mediaAlive(): void {
    this.#watchdog.restart();
    this.#media.alive(epochNowMs());
  }

  mediaFailed({ reason, isFinal }: MediaFailure): void {
    this.#media.end();
    if (isFinal && this.#ways.way === "mse") this.#giveWayUp(reason);
    else this.#decoderFailed(reason);
  }

  /** Whether reports tell of the last minute. */
  tellHistory(wanted: boolean): void {
    this.#tellsHistory = wanted;
    this.#report();
  }

  /** The last picture as a PNG. */
  capture(): Promise<Blob> {
    return this.#screen.capture();
  }

  /** Twice is fine. */
  close(): void {
    clearInterval(this.#reporter);
    clearTimeout(this.#claimsDue);
    this.#socket.close();
    this.#startOver();
    this.#screen.close();
  }

  /** The connection comes about meanwhile. */
  #learnClaim(playsH265: boolean): void {
    clearTimeout(this.#claimsDue);
    const wasKnown = this.#h265.isKnown("webcodecs");
    const wasPlayed = this.#h265.plays(this.#ways.way);
    this.#h265.learn("webcodecs", playsH265);
    if (!wasKnown || this.#h265.plays(this.#ways.way) !== wasPlayed) this.#socket.greet();
  }

  /** What it plays, the best first. */
  get #codecs(): string[] {
    const { way } = this.#ways;
    if (way === "jpeg") return ["jpeg"];
    return this.#h265.plays(way) ? ["hvc1", "avc1", "jpeg"] : ["avc1", "jpeg"];
  }

  #hello(): ViewerHello | undefined {
    if (!this.#h265.isKnown(this.#ways.way)) return undefined;
    const { maxKbps } = this.#options;
    const size = this.#maxSize;
    return {
      type: "hello",
      codecs: this.#codecs,
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
    if (arrival === "restarted") this.#sourceRestarted();
    const isReplayed = arrival === "replayed";
    if (!this.#decode({ frame, receivedAtMs: nowMs, isReplayed }, nowMs)) this.#stats.notDecoded();
  }

  /** Whether the frame went to the decoder. */
  #decode(received: ReceivedFrame, nowMs: number): boolean {
    const { frame, isReplayed } = received;
    const { way } = this.#ways;
    // What was on its way when this browser gave H.264 up.
    if (way === "jpeg" && !isJpeg(frame)) return false;
    const isH265 = codecFamilyOf(codecOf(frame)) === "hvc1";
    if (isH265 && !this.#h265.plays(way)) return false;
    const decoder = way === "mse" && !isJpeg(frame) ? this.#media : this.#decoder;
    const backlog = isReplayed ? NO_BACKLOG : decoder.backlog(nowMs);
    const admission = this.#gate.admit(frame, backlog);
    if (admission === "behind") {
      this.#socket.gaveUp();
      this.#stats.decoderWasBehind();
    }
    if (admission !== "decode") return false;
    this.#watchdog.given(nowMs);
    this.#givesH265 = isH265;
    return decoder.decode(received);
  }

  #painted(
    { source: { frame, receivedAtMs }, decodedAtMs, widthPx, heightPx }: PaintedPicture,
    paintedAtMs: number,
  ): void {
    this.#trouble.painted();
    const rendition = renditionOf(frame);
    const isPreview = (this.#status.promisedRendition ?? rendition) !== rendition;
    this.#stats.painted({
      capturedAtMs: this.#capturedAtMs(frame),
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

  /** From the publisher's clock by ingest's to ours. */
  #capturedAtMs(frame: Frame): number | undefined {
    const ingestOffsetMs = this.#socket.clockOffsetMs;
    const { publisherOffsetMs } = this.#status;
    if (ingestOffsetMs === undefined || publisherOffsetMs === undefined) return undefined;
    return frame.timestamp - publisherOffsetMs - ingestOffsetMs;
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

  #sourceRestarted(): void {
    this.#screen.sourceRestarted();
    this.#media.sourceRestarted();
  }

  #decoderFailed(reason: string): void {
    this.#stats.decoderFailed();
    this.#gate.restart();
    const plays = this.#ways.way === "mse" || !this.#decoder.playsJpeg;
    if (plays && this.#trouble.failed(epochNowMs())) {
      this.#giveWayUp(`failed again and again: ${reason}`);
    }
  }

  #lookAfter(): void {
    if (this.#playing && this.#watchdog.isStuck(epochNowMs())) {
      this.#giveWayUp(`showed nothing for ${MIN_STUCK_MS / 1000} s while pictures came`);
    }
    this.#report();
    this.#tellIngest();
  }

  #giveWayUp(reason: string): void {
    if (this.#givesH265) return this.#giveH265Up();
    this.#changeWay(() => this.#ways.fail(this.#ways.way, reason));
  }

  /** The way stays for H.264, which ingest sends once it is told. */
  #giveH265Up(): void {
    this.#h265.fail(this.#ways.way);
    this.#givesH265 = false;
    this.#trouble.painted();
    this.#beginAnew();
    this.#socket.greet();
    this.#report();
  }

  /** On the same connection; what is painted stays until there is something newer. */
  #changeWay(change: () => void): void {
    const [before, codecsBefore] = [this.#ways.way, this.#codecs.join()];
    change();
    const isOfOtherCodecs = this.#codecs.join() !== codecsBefore;
    if (this.#ways.way !== before) {
      this.#trouble.painted();
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
    this.#gate.restart();
    this.#decoder.close();
    this.#screen.clear();
    this.#media.restart();
    this.#watchdog.restart();
    this.#missing.forget();
    this.#stats.beginAnew(epochNowMs());
    this.#reportPace.restart(epochNowMs());
  }

  #tellIngest(): void {
    if (!this.#playing) return;
    const report = this.#reportPace.due(this.#stats.history, epochNowMs());
    if (report !== undefined) this.#socket.send(report);
  }

  #report(): void {
    const overtaken = this.#screen.overtaken + this.#decoder.overtaken + this.#media.overtaken;
    const nowMs = epochNowMs();
    const stats = this.#stats.snapshot(nowMs, overtaken);
    this.#options.onReport({
      ...this.#status.told(nowMs),
      picture: this.#picture,
      decodesH264: this.#ways.way !== "jpeg",
      decodesH265: this.#h265.plays(this.#ways.way),
      way: this.#ways.way,
      wayReason: this.#ways.reason,
      bufferedFrames: this.#decoder.frames + this.#screen.waiting + this.#media.frames,
      stats,
      lostBeforeServer: this.#missing.lostBeforeServer(stats.discardedByServer),
      uplinkMs: this.#socket.uplinkMs,
      clockErrorMs: this.#socket.clockErrorMs,
      ...(this.#tellsHistory ? { minute: this.#stats.history.minute(nowMs) } : {}),
    });
  }
}

type PaintedPicture = Pick<Picture, "source" | "decodedAtMs" | "widthPx" | "heightPx">;
