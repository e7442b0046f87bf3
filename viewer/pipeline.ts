import { epochNowMs, isJpeg } from "@porthole/protocol";
import { CanvasScreen } from "./canvas_screen.ts";
import { Decoder } from "./decoder.ts";
import { DecoderTrouble } from "./decoder_trouble.ts";
import { FrameGate } from "./frame_gate.ts";
import type { MediaFailure, ShownFrame } from "./media/media_frame.ts";
import { MediaOutlet, type MediaOutletHandlers } from "./media/media_outlet.ts";
import { MIN_STUCK_MS, PaintWatchdog } from "./paint_watchdog.ts";
import type { Picture, ReceivedFrame } from "./picture.ts";
import type { PlayerCodecs } from "./player_codecs.ts";

/** One that was painted, or shown by the page's media element. */
export type PaintedPicture = Pick<Picture, "source" | "decodedAtMs" | "widthPx" | "heightPx">;

export interface PipelineOptions {
  readonly canvas: OffscreenCanvas;
  /** How long pictures may wait for even intervals, ms. */
  readonly smoothingMs: number;
  readonly media: MediaOutletHandlers;
  readonly codecs: PlayerCodecs;
  readonly onPainted: (picture: PaintedPicture, paintedAtMs: number) => void;
  /** A frame was given up because decoding is behind. */
  readonly onBehind: () => void;
  /** A frame could not be decoded. */
  readonly onDecoderError: () => void;
  /** What is sent does not play by the way that is gone. */
  readonly onHopeless: (reason: string) => void;
}

const NO_BACKLOG = { bytes: 0, ageMs: 0 };

/**
 * From a received frame to its picture: gate, then decoder and canvas, or the page's media element;
 * and who sees that nothing comes out.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #codecs: PlayerCodecs;
  readonly #gate = new FrameGate();
  readonly #decoder: Decoder;
  readonly #screen: CanvasScreen;
  readonly #media: MediaOutlet;
  readonly #trouble = new DecoderTrouble();
  readonly #watchdog = new PaintWatchdog();

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#codecs = options.codecs;
    this.#media = new MediaOutlet(options.media);
    this.#screen = new CanvasScreen({
      canvas: options.canvas,
      smoothingMs: options.smoothingMs,
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
      onError: ({ message }) => this.#failed(message),
      onUnsupported: (codec) => options.onHopeless(`does not know ${codec}`),
    });
  }

  /** Frames and pictures inside. */
  get frames(): number {
    return this.#decoder.frames + this.#screen.waiting + this.#media.frames;
  }

  /** What was never shown because something newer was. */
  get overtaken(): number {
    return this.#screen.overtaken + this.#decoder.overtaken + this.#media.overtaken;
  }

  set smoothingMs(smoothingMs: number) {
    this.#screen.smoothingMs = smoothingMs;
  }

  /** Whether the frame went to the decoder. */
  decode(received: ReceivedFrame, nowMs: number): boolean {
    const { frame, isReplayed } = received;
    if (!this.#codecs.plays(frame)) return false;
    const isForMedia = this.#codecs.way === "mse" && !isJpeg(frame);
    const decoder = isForMedia ? this.#media : this.#decoder;
    const backlog = isReplayed ? NO_BACKLOG : decoder.backlog(nowMs);
    const admission = this.#gate.admit(frame, backlog);
    if (admission === "behind") this.#options.onBehind();
    if (admission !== "decode") return false;
    this.#watchdog.given(nowMs);
    this.#codecs.given(frame);
    return decoder.decode(received);
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
    if (isFinal && this.#codecs.way === "mse") this.#options.onHopeless(reason);
    else this.#failed(reason);
  }

  /** To be called now and then while it plays. */
  lookAfter(nowMs: number): void {
    if (!this.#watchdog.isStuck(nowMs)) return;
    this.#options.onHopeless(`showed nothing for ${MIN_STUCK_MS / 1000} s while pictures came`);
  }

  /** Writes what is painted into a track too, beginning with what is painted now. */
  mirrorTo(track: WritableStream<VideoFrame> | undefined): void {
    this.#screen.mirrorTo(track);
  }

  /** The last picture as a PNG. */
  capture(): Promise<Blob> {
    return this.#screen.capture();
  }

  /** Another publisher stamps by another clock. */
  sourceRestarted(): void {
    this.#screen.sourceRestarted();
    this.#media.sourceRestarted();
  }

  /** What is in the making is of no use any more; the painted picture stays. */
  restart(): void {
    this.#gate.restart();
    this.#decoder.close();
    this.#screen.clear();
    this.#media.restart();
    this.#watchdog.restart();
  }

  /** Another way, or another codec: what failed before says nothing of it. */
  forgetTrouble(): void {
    this.#trouble.painted();
  }

  /** Twice is fine. */
  close(): void {
    this.restart();
    this.#screen.close();
  }

  #painted(picture: PaintedPicture, paintedAtMs: number): void {
    this.#trouble.painted();
    this.#options.onPainted(picture, paintedAtMs);
  }

  #failed(reason: string): void {
    this.#options.onDecoderError();
    this.#gate.restart();
    const plays = this.#codecs.way === "mse" || !this.#decoder.playsJpeg;
    if (plays && this.#trouble.failed(epochNowMs())) {
      this.#options.onHopeless(`failed again and again: ${reason}`);
    }
  }
}
