import { epochNowMs, type Frame, isJpeg, type StreamMessage } from "@porthole/protocol";
import { Arrivals } from "../arrivals.ts";
import { Backoff, RECONNECT_BOUNDS } from "../backoff.ts";
import { Decoder } from "../decoder.ts";
import { DecoderTrouble } from "../decoder_trouble.ts";
import { FrameGate } from "../frame_gate.ts";
import type { Picture, ReceivedFrame } from "../picture.ts";
import { Playhead } from "../playhead.ts";
import { AUTO } from "../quality_choices.ts";
import { askForRefusal } from "../refusal.ts";
import { type ConnectionState, StreamSocket } from "../socket.ts";
import type { StreamAddress } from "../stream_address.ts";

/** `refused`: the server does not let this program in, and is not tried again without another token. */
export type WatchState = "connecting" | "live" | "stale" | "offline" | "refused" | "closed";

/** A decoded picture, for as long as `onPicture` runs, or the promise that it returned does. */
export interface WatchedPicture {
  /** Closed by whoever watches: clone it to keep it. */
  readonly image: VideoFrame | ImageBitmap;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rendition: string;
  /** By the publisher's clock, ms since 1970. */
  readonly timestampMs: number;
  /** How long ago the publisher had it; `undefined` before the clocks are known. */
  readonly ageMs: number | undefined;
}

/** What is known of a frame besides itself. */
export interface FrameCircumstances {
  /** Old, and sent only so that the ones after it can be decoded. */
  readonly isReplayed: boolean;
  /** How long ago the publisher had it; `undefined` before the clocks are known. */
  readonly ageMs: number | undefined;
}

export interface WatchOptions {
  /** Each frame as it came, in its order. Its binary fields are not to be written to. */
  onFrame?(frame: Frame, circumstances: FrameCircumstances): void;
  /** Each picture, decoded; while the one before is worked on, only the newest is kept. */
  onPicture?(picture: WatchedPicture): void | Promise<void>;
  /** Each change, with its cause in words; empty while live. */
  onState?(state: WatchState, cause: string): void;
  /** Its abort is the end. */
  readonly signal?: AbortSignal;
  /** Signed, of who watches; none where a cookie says it, or nobody is asked. */
  readonly token?: string;
  /** A rendition's name; chosen by the server when there is none. */
  readonly quality?: string;
  /** For `onFrame`, what is understood: `avc1` and `jpeg` by default. */
  readonly codecs?: readonly string[];
}

const NO_BACKLOG = { bytes: 0, ageMs: 0 };

/** The watching of one stream without anything to see: until it is closed. */
export class FrameWatch implements Disposable {
  readonly #options: WatchOptions;
  readonly #socket: StreamSocket;
  readonly #arrivals = new Arrivals();
  readonly #gate = new FrameGate();
  readonly #decoder: Decoder;
  readonly #trouble = new DecoderTrouble();
  readonly #playhead = new Playhead<Picture>();
  readonly #onAbort = () => this.close();
  #decodesH264 = typeof VideoDecoder === "function";
  #isWorking = false;
  #token: string | undefined;
  #stream: StreamMessage | undefined;
  #told = "";

  constructor({ socketUrl, streamUrl }: StreamAddress, options: WatchOptions) {
    this.#options = options;
    this.#token = options.token;
    this.#decoder = new Decoder({
      onPicture: (picture) => this.#decoded(picture),
      onError: () => this.#decoderFailed(),
      onUnsupported: () => this.#fallBackToJpeg(),
    });
    this.#socket = new StreamSocket({
      url: socketUrl,
      token: options.token,
      askForRefusal: () => askForRefusal(streamUrl, this.#token),
      hello: () => ({ type: "hello", codecs: this.#codecs }),
      backoff: new Backoff(RECONNECT_BOUNDS, Math.random),
      handlers: {
        onFrame: (frame) => this.#received(frame),
        onControl: (message) => {
          if (message.type === "replay") {
            this.#arrivals.beginReplay(message.rendition, message.untilSeq);
          } else if (message.type === "stream") this.#streamChanged(message);
        },
        onConnection: (state, cause) => this.#connectionChanged(state, cause),
      },
    }, true);
    this.#socket.select(options.quality ?? AUTO);
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.signal?.aborted) this.close();
    else this.#socket.connect();
  }

  /** For the connections to come. */
  useToken(token: string | undefined): void {
    this.#token = token;
    this.#socket.useToken(token);
  }

  /** Has the server send nothing, or go on with now. */
  setPlaying(playing: boolean): void {
    this.#startOver();
    this.#socket.setPlaying(playing);
  }

  /** @param quality a rendition's name, or `"auto"` */
  select(quality: string): void {
    this.#socket.select(quality);
  }

  /** Twice is fine. */
  close(): void {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#socket.close();
    this.#startOver();
    this.#tell("closed", "");
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #codecs(): string[] {
    const { onPicture, codecs = ["avc1", "jpeg"] } = this.#options;
    if (onPicture === undefined) return [...codecs];
    return this.#decodesH264 ? ["avc1", "jpeg"] : ["jpeg"];
  }

  #received(frame: Frame): void {
    const arrival = this.#arrivals.arrived(frame);
    if (arrival === "restarted") this.#playhead.sourceRestarted();
    const isReplayed = arrival === "replayed";
    if (this.#options.onPicture !== undefined) {
      this.#decode({ frame, receivedAtMs: epochNowMs(), isReplayed });
    }
    this.#options.onFrame?.(frame, { isReplayed, ageMs: this.#ageMs(frame.timestamp) });
  }

  #decode(received: ReceivedFrame): void {
    const { frame, isReplayed, receivedAtMs } = received;
    if (!this.#decodesH264 && !isJpeg(frame)) return;
    const backlog = isReplayed ? NO_BACKLOG : this.#decoder.backlog(receivedAtMs);
    const admission = this.#gate.admit(frame, backlog);
    if (admission === "behind") this.#socket.gaveUp();
    if (admission === "decode") this.#decoder.decode(received);
  }

  #decoded(picture: Picture): void {
    this.#trouble.painted();
    if (this.#playhead.offer(picture) && !this.#isWorking) void this.#work();
  }

  /** One at a time: what comes meanwhile waits, and only the newest of it. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      for (let next = this.#playhead.take(); next !== undefined; next = this.#playhead.take()) {
        await this.#handOver(next);
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #handOver(picture: Picture): Promise<void> {
    const { image, widthPx, heightPx, rendition, timestampMs } = picture;
    try {
      await this.#options.onPicture?.({
        ...{ image, widthPx, heightPx, rendition, timestampMs },
        ageMs: this.#ageMs(timestampMs),
      });
    } catch (cause) {
      // As with any other handler of the caller's: it is told, and the next one comes.
      reportError(cause);
    } finally {
      picture.close();
    }
  }

  /** From the publisher's clock by ingest's to ours. */
  #ageMs(timestampMs: number): number | undefined {
    const { clockOffsetMs } = this.#socket;
    if (clockOffsetMs === undefined || this.#stream === undefined) return undefined;
    const capturedAtMs = timestampMs - this.#stream.info.clockOffsetMs - clockOffsetMs;
    return Math.max(0, epochNowMs() - capturedAtMs);
  }

  #streamChanged(message: StreamMessage): void {
    this.#stream = message;
    this.#tell(message.state, message.cause);
  }

  #connectionChanged(state: ConnectionState, cause: string): void {
    if (state === "open") {
      this.#stream = undefined;
      this.#startOver();
    } else if (state === "login" || state === "forbidden") this.#tell("refused", cause);
    else this.#tell("connecting", cause);
  }

  #decoderFailed(): void {
    this.#gate.restart();
    if (!this.#decoder.playsJpeg && this.#trouble.failed(epochNowMs())) this.#fallBackToJpeg();
  }

  #fallBackToJpeg(): void {
    if (!this.#decodesH264) return;
    this.#decodesH264 = false;
    this.#decoder.close();
    this.#socket.greet();
  }

  #startOver(): void {
    this.#arrivals.forget();
    this.#gate.restart();
    this.#decoder.close();
    this.#playhead.clear();
  }

  #tell(state: WatchState, cause: string): void {
    const told = `${state} ${cause}`;
    if (told === this.#told || this.#told === "closed ") return;
    this.#told = told;
    this.#options.onState?.(state, cause);
  }
}
