import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";

/** A connection, as far as this needs one. */
export interface Http2Socket extends Duplex {
  readonly remoteAddress?: string | undefined;
}

/** RFC 9113, 3.4: what comes before the first frame. */
const PREFACE_BYTES = 24;
/** RFC 9113, 4.1. */
const HEADER_BYTES = 9;
const TYPE_AT = 3;
/** RFC 9113, 6.8. */
const GOAWAY = 0x7;

/**
 * A connection that speaks HTTP/2, without the GOAWAYs of its client: those end Deno's process, by
 * an assertion or a segmentation fault in nghttp2, at the goodbye of about one client in three
 * hundred (seen in 2.9.6; denoland/deno#36788). A client's GOAWAY only says that it wants nothing
 * pushed any more, which nobody does here; its end is seen by the connection's.
 */
export class Http2Intake extends Duplex {
  readonly #socket: Http2Socket;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerFilled = 0;
  /** To come of the preface, or of a frame's payload. */
  #left = PREFACE_BYTES;
  #isLeftOut = false;

  constructor(socket: Http2Socket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      if (!this.#take(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.once("close", () => this.destroy());
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  /** @returns whether more is wanted at once */
  #take(chunk: Buffer): boolean {
    let wantsMore = true;
    for (let at = 0; at < chunk.byteLength;) {
      if (this.#left > 0) {
        const end = Math.min(chunk.byteLength, at + this.#left);
        if (!this.#isLeftOut) wantsMore = this.push(chunk.subarray(at, end));
        this.#left -= end - at;
        at = end;
      } else at += this.#takeHeader(chunk, at);
    }
    return wantsMore;
  }

  #takeHeader(chunk: Buffer, from: number): number {
    const taken = chunk.copy(
      this.#header,
      this.#headerFilled,
      from,
      from + HEADER_BYTES - this.#headerFilled,
    );
    this.#headerFilled += taken;
    if (this.#headerFilled < HEADER_BYTES) return taken;
    this.#headerFilled = 0;
    this.#left = this.#header.readUIntBE(0, 3);
    this.#isLeftOut = this.#header[TYPE_AT] === GOAWAY;
    if (!this.#isLeftOut) this.push(Buffer.from(this.#header));
    return taken;
  }
}
