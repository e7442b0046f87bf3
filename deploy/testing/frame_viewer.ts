import {
  decodeMessage,
  epochNowMs,
  isFrame,
  MessageEncoder,
  renditionOf,
  VIEWER_SUBPROTOCOL,
} from "@porthole/protocol";

/** What one or more viewers were sent in a stretch of time. */
export class FrameTally {
  /** From the producer having each frame to its arrival, ms. */
  readonly agesMs: number[] = [];
  /** Frames of each rendition. */
  readonly renditions = new Map<string, number>();
  /** Steps of `seq` over frames that never came. */
  discarded = 0;
}

const ACK_INTERVAL_MS = 200;

/** A viewer that takes every frame, confirms it, and shows nothing: next to no work. */
export class FrameViewer implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #encoder = new MessageEncoder();
  readonly #closed: Promise<void>;
  readonly #acking: ReturnType<typeof setInterval>;
  #tally: FrameTally;
  #seq: number | undefined;
  #rendition = "";
  #frames = 0;

  /**
   * @param url ws://HOST:PORT/ws/STREAM
   * @param rendition the one it selects by hand, or `auto`
   */
  constructor(url: string, tally: FrameTally, rendition = "auto") {
    this.#tally = tally;
    const socket = new WebSocket(url, VIEWER_SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#send({ type: "select", rendition });
      this.#send({ type: "hello", codecs: ["avc1", "jpeg"] });
    });
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) this.#receive(new Uint8Array(data));
    });
    this.#closed = new Promise((resolve) => socket.addEventListener("close", () => resolve()));
    this.#socket = socket;
    this.#acking = setInterval(() => this.#ack(), ACK_INTERVAL_MS);
  }

  get isGone(): boolean {
    return this.#socket.readyState > WebSocket.OPEN;
  }

  /** Received since the last {@link countInto}. */
  get frames(): number {
    return this.#frames;
  }

  /** What comes from now on is counted there; viewers may share a tally. */
  countInto(tally: FrameTally): void {
    this.#tally = tally;
    this.#frames = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#acking);
    this.#socket.close();
    await this.#closed;
  }

  #receive(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if (!isFrame(message) || message.seq === undefined) return;
    const rendition = renditionOf(message);
    if (rendition === this.#rendition && this.#seq !== undefined && message.seq > this.#seq) {
      this.#tally.discarded += message.seq - this.#seq - 1;
    }
    this.#seq = message.seq;
    this.#rendition = rendition;
    this.#frames++;
    const { renditions } = this.#tally;
    renditions.set(rendition, (renditions.get(rendition) ?? 0) + 1);
    this.#tally.agesMs.push(epochNowMs() - message.timestamp);
  }

  #ack(): void {
    if (this.#seq === undefined || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#send({ type: "ack", seq: this.#seq, rendition: this.#rendition });
  }

  #send(message: object): void {
    this.#socket.send(this.#encoder.encode(message));
  }
}
