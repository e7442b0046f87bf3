import {
  controlTypeOf,
  decodeMessage,
  epochNowMs,
  type Frame,
  isFrame,
  isKeyframe,
  MessageEncoder,
  renditionOf,
  type StreamInfo,
  type StreamState,
  VIEWER_SUBPROTOCOL,
} from "@porthole/protocol";
import { SeqAccount } from "./seq_account.ts";

const ACK_INTERVAL_MS = 100;

/** What a viewer was told of its stream. */
export interface ToldState {
  readonly state: StreamState;
  readonly cause: string;
  readonly standby?: boolean;
  readonly info: StreamInfo;
}

export interface WatchOptions {
  /** `default` by default. */
  readonly stream?: string;
  /** H.264 alone by default. */
  readonly codecs?: readonly string[];
  /** The one it selects by hand; `auto` by default. */
  readonly rendition?: string;
}

/** A viewer without a screen: takes every frame, confirms it, and keeps what it was told. */
export class LiveViewer implements AsyncDisposable {
  /** Each `stream` message, in order. */
  readonly told: ToldState[] = [];
  readonly #socket: WebSocket;
  readonly #encoder = new MessageEncoder();
  readonly #closed = Promise.withResolvers<CloseEvent>();
  readonly #acking: ReturnType<typeof setInterval>;
  #newest: Frame | undefined;
  #replayUntilSeq = -1;
  #newestAtMs: number | undefined;
  #longestGapMs = 0;
  readonly #account = new SeqAccount();
  #discarded = 0;

  private constructor(socket: WebSocket, { codecs = ["avc1"], rendition = "auto" }: WatchOptions) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#send({ type: "select", rendition });
      this.#send({ type: "hello", codecs });
    });
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) this.#receive(decodeMessage(new Uint8Array(data)));
    });
    socket.addEventListener("close", (event) => this.#closed.resolve(event));
    this.#acking = setInterval(() => this.#acknowledge(), ACK_INTERVAL_MS);
  }

  /** @param ingestUrl with its slash at the end */
  static watch(ingestUrl: string, options: WatchOptions = {}): LiveViewer {
    const url = `${ingestUrl.replace("http", "ws")}ws/${options.stream ?? "default"}`;
    return new LiveViewer(new WebSocket(url, VIEWER_SUBPROTOCOL), options);
  }

  /** How the connection ended, once it has. */
  get closed(): Promise<CloseEvent> {
    return this.#closed.promise;
  }

  /** Frames that came, each once. */
  get frames(): number {
    return this.#account.received;
  }

  /** Frames between the first and the newest that did not come. */
  get missing(): number {
    return this.#account.missing;
  }

  /** Frames that ingest says it did not send. */
  get discarded(): number {
    return this.#discarded;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** The longest that it had to wait for the next frame so far, ms. */
  get longestGapMs(): number {
    return Math.max(this.#longestGapMs, performance.now() - (this.#newestAtMs ?? Infinity));
  }

  get newest(): Frame | undefined {
    return this.#newest;
  }

  /** What it decodes is other than it said. */
  sayHello(codecs: readonly string[]): void {
    this.#send({ type: "hello", codecs });
  }

  /** Whether a live frame has come that was captured after `epochMs`. */
  hasFrameAfter(epochMs: number): true | string {
    const { timestamp, seq = Infinity } = this.#newest ?? {};
    if (timestamp === undefined) return "no frame has come";
    if (seq <= this.#replayUntilSeq) return "what comes is of the past";
    return timestamp > epochMs || `the newest frame is ${epochNowMs() - timestamp} ms old`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#acking);
    this.#socket.close();
    await this.closed;
  }

  #receive(message: unknown): void {
    if (isFrame(message)) {
      this.#count(message);
      const nowMs = performance.now();
      this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - (this.#newestAtMs ?? nowMs));
      this.#newestAtMs = nowMs;
      this.#newest = message;
      return;
    }
    const type = controlTypeOf(message);
    if (typeof message !== "object" || message === null) return;
    // Trusted: ingest's own schemas are tested elsewhere.
    if (type === "stream") this.told.push(message as ToldState);
    if (type === "lagged" && "discarded" in message) this.#discarded += Number(message.discarded);
    if (type === "replay" && "untilSeq" in message) this.#replayUntilSeq = Number(message.untilSeq);
  }

  #count(frame: Frame): void {
    const { seq = 0, timestamp } = frame;
    const before = this.#newest;
    const isOther = before !== undefined && renditionOf(before) !== renditionOf(frame);
    // What is sent again is of then, also where it is sent again by a publisher that came back.
    const isAnew = isKeyframe(frame) && seq <= (before?.seq ?? -1) &&
      timestamp > (before?.timestamp ?? 0);
    if (isOther || isAnew) this.#account.startOver();
    this.#account.add(seq);
  }

  #acknowledge(): void {
    const newest = this.#newest;
    if (newest?.seq === undefined) return;
    this.#send({ type: "ack", seq: newest.seq, rendition: renditionOf(newest) });
  }

  #send(message: object): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(this.#encoder.encode(message));
  }
}
