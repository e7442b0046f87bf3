import { decodeMessage, MessageEncoder, VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import { connect, type Socket } from "node:net";
import { isFrameHead, sentMsOf, seqOf } from "./load_frame.ts";
import { KEPT_BYTES, MessageCutter, Opcode } from "./raw_viewer_cutter.ts";
import { AckMessage, maskedFrame } from "./raw_viewer_messages.ts";

export interface RawViewerOptions {
  /** Of the server: `http://127.0.0.1:PORT/` and the path of its WebSocket. */
  readonly url: URL;
  /** With `porthole.v1`: it says hello and acknowledges. Without, it only reads. */
  readonly speaksControl: boolean;
  /**
   * Every read goes here. All viewers of a process may share it, for nothing is kept in it from
   * one read to the next. Its size bounds what one read takes.
   */
  readonly readBuffer: Uint8Array;
  /** A whole frame is there that is to be painted: of a replay, the last alone (SPEC.md, 6.2). */
  readonly onFrame: (seq: number, sentMs: number) => void;
  /** From its hello on it reads no more than {@link RawViewer.allow} lets it. */
  readonly isLimited?: boolean;
}

/** The key and answer of RFC 6455, 1.3: whether the server can hash is known after one. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const HEADERS_END = "\r\n\r\n";
const MAX_HEADERS_CHARS = 16 * 1024;
const OPEN_WITHIN_MS = 20_000;
const CLOSE_NORMAL = Uint8Array.of(0x03, 0xe8);

const encoder = new MessageEncoder();
const HELLO = encoder.encode({ type: "hello", codecs: ["avc1"] });

/**
 * A viewer as cheap as can be: a TCP socket that reads into a shared buffer, looks at the heads of
 * messages, and decodes no frame. A thousand of them take a quarter of a core.
 */
export class RawViewer implements Disposable {
  readonly #options: RawViewerOptions;
  readonly #socket: Socket;
  readonly #cutter = new MessageCutter((opcode, head, bytes) => this.#message(opcode, head, bytes));
  readonly #ack = new AckMessage();
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #headers: string | undefined = "";
  #newestSeq: number | undefined;
  #replayUntilSeq = 0;
  #allowedBytes = Infinity;
  #isPaused = false;
  #isOpen = false;
  #end = "";

  private constructor(options: RawViewerOptions) {
    this.#options = options;
    const { hostname: host, port } = options.url;
    this.#socket = connect({
      host,
      port: Number(port),
      noDelay: true,
      onread: { buffer: options.readBuffer, callback: (bytes) => this.#read(bytes) },
    });
    this.#socket.on("connect", () => this.#socket.write(handshake(options)));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("end", () => this.#fail(new Error("the server closed the connection")));
    this.#socket.on("close", () => {
      this.#fail(new Error("the connection is closed"));
      this.#closed.resolve();
    });
  }

  /** @throws {Error} when the server refuses or does not answer; the message has its answer */
  static async open(options: RawViewerOptions): Promise<RawViewer> {
    const viewer = new RawViewer(options);
    const timer = setTimeout(
      () => viewer.#fail(new Error(`no answer to a handshake in ${OPEN_WITHIN_MS} ms`)),
      OPEN_WITHIN_MS,
    );
    try {
      await viewer.#opened.promise;
      return viewer;
    } finally {
      clearTimeout(timer);
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Why it is not open any more; empty while it is. */
  get end(): string {
    return this.#end;
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Once the socket is gone, for whatever reason. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** From here on frames come. */
  sayHello(): void {
    this.#send(Opcode.binary, HELLO);
    if (this.#options.isLimited === true) {
      this.#allowedBytes = 0;
      this.pause();
    }
  }

  /** Acknowledges the newest frame; before the first one there is nothing to say. */
  acknowledge(): void {
    if (this.#newestSeq === undefined) return;
    this.#send(Opcode.binary, this.#ack.of(this.#newestSeq));
  }

  /** Reads nothing more: the kernel's buffers fill, and then the server's. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  /** So many more bytes may be read; what was allowed and not used is not kept. */
  allow(bytes: number): void {
    if (!this.#isOpen) return;
    // A read may have gone over: that is made good first.
    this.#allowedBytes = Math.min(this.#allowedBytes, 0) + bytes;
    if (this.#allowedBytes <= 0 || !this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Takes leave as RFC 6455, 7.1.2 has it; the server is to close the connection. */
  leave(): void {
    this.#send(Opcode.close, CLOSE_NORMAL);
  }

  /** Ends with a TCP reset. */
  reset(): void {
    this.#close("reset by the viewer");
    this.#socket.resetAndDestroy();
  }

  /** Ends without a word. */
  [Symbol.dispose](): void {
    this.#close("closed by the viewer");
    this.#socket.destroy();
  }

  #read(bytes: number): boolean {
    try {
      this.#take(bytes);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    this.#allowedBytes -= bytes;
    if (this.#allowedBytes <= 0) this.#isPaused = true;
    return !this.#isPaused;
  }

  #take(bytes: number): void {
    const { readBuffer } = this.#options;
    if (this.#headers === undefined) return this.#cutter.push(readBuffer, 0, bytes);
    const before = this.#headers.length;
    // One character a byte, whatever follows the headers.
    this.#headers += new TextDecoder("latin1").decode(readBuffer.subarray(0, bytes));
    const end = this.#headers.indexOf(HEADERS_END);
    if (end < 0 && this.#headers.length < MAX_HEADERS_CHARS) return;
    assertUpgraded(this.#headers, this.#options.speaksControl);
    this.#headers = undefined;
    this.#isOpen = true;
    this.#opened.resolve();
    this.#cutter.push(readBuffer, end + HEADERS_END.length - before, bytes);
  }

  #message(opcode: number, head: Uint8Array, payloadBytes: number): void {
    if (opcode === Opcode.binary) {
      if (isFrameHead(head)) this.#frame(seqOf(head), sentMsOf(head));
      else if (payloadBytes <= KEPT_BYTES) this.#control(head.subarray(0, payloadBytes));
    } else if (opcode === Opcode.ping) {
      this.#send(Opcode.pong, head.slice(0, payloadBytes));
    } else if (opcode === Opcode.close) {
      const said = new TextDecoder().decode(head.subarray(2, payloadBytes));
      throw new Error(`the server closed with ${(head[0] ?? 0) * 256 + (head[1] ?? 0)} ${said}`);
    } else if (opcode !== Opcode.pong && opcode !== Opcode.continuation) {
      throw new Error(`a message of opcode ${opcode}`);
    }
  }

  #frame(seq: number, sentMs: number): void {
    this.#newestSeq = seq;
    if (seq >= this.#replayUntilSeq) this.#options.onFrame(seq, sentMs);
  }

  /** Few come, and of those that matter here none is long. */
  #control(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if (typeof message !== "object" || message === null || !("untilSeq" in message)) return;
    this.#replayUntilSeq = Number(message.untilSeq);
  }

  #send(opcode: number, payload: Uint8Array): void {
    if (this.#isOpen) this.#socket.write(maskedFrame(opcode, payload));
  }

  #fail(error: Error): void {
    this.#close(error.message);
    this.#opened.reject(error);
    this.#socket.destroy();
  }

  #close(because: string): void {
    this.#isOpen = false;
    if (this.#end === "") this.#end = because;
  }
}

function handshake({ url, speaksControl }: RawViewerOptions): string {
  return [
    `GET ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${KEY}`,
    ...(speaksControl ? [`Sec-WebSocket-Protocol: ${VIEWER_SUBPROTOCOL}`] : []),
    HEADERS_END.slice(2),
  ].join("\r\n");
}

function assertUpgraded(answer: string, speaksControl: boolean): void {
  const isUpgraded = /^HTTP\/1\.1 101 /.test(answer) && answer.includes(ACCEPT) &&
    (!speaksControl || answer.includes(VIEWER_SUBPROTOCOL));
  if (!isUpgraded) throw new Error(`no upgrade but: ${answer.slice(0, 2_000)}`);
}
