/** Of each message so many first bytes are kept: a whole control frame (RFC 6455, 5.5). */
export const KEPT_BYTES = 125;

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const RESERVED = 0x70;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_HEADER_BYTES = 10;
/** Nothing that is sent here comes near it; a reader out of step would. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

/**
 * A whole message, or a part of one: the first has the message's opcode, the rest that of a
 * continuation. `head` is its first bytes, at most {@link KEPT_BYTES}, good for this call alone.
 */
export type OnMessage = (opcode: number, head: Uint8Array, payloadBytes: number) => void;

/**
 * Cuts what a WebSocket server sends into messages, wherever the reads happen to end, and keeps
 * only the first bytes of each. Allocates nothing a message.
 */
export class MessageCutter {
  readonly #onMessage: OnMessage;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  readonly #head = new Uint8Array(KEPT_BYTES);
  #headerBytes = 0;
  /** Of the frame being read; meaningless before its header is whole. */
  #payloadBytes = 0;
  #payloadBytesRead = 0;
  #isInPayload = false;

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  /**
   * @param bytes what was read, from `start` to before `end`; not kept
   * @throws {Error} on what no server may send (RFC 6455, 5.2)
   */
  push(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (!this.#isInPayload) {
        this.#header[this.#headerBytes++] = bytes[at++] ?? 0;
        if (this.#headerBytes < this.#headerLength()) continue;
        this.#startPayload();
      }
      at = this.#takePayload(bytes, at, end);
    }
  }

  /** Bytes of the header, as far as it is known yet. */
  #headerLength(): number {
    if (this.#headerBytes < 2) return 2;
    const length = this.#header[1] ?? 0;
    return length === LENGTH_16 ? 4 : length === LENGTH_64 ? 10 : 2;
  }

  #startPayload(): void {
    const flags = this.#header[0] ?? 0;
    const length = this.#header[1] ?? 0;
    if ((flags & RESERVED) !== 0) throw new Error("a reserved bit is set");
    if ((length & MASKED) !== 0) throw new Error("a server's frame is masked");
    this.#payloadBytes = length < LENGTH_16 ? length : this.#extendedLength();
    if (this.#payloadBytes > MAX_PAYLOAD_BYTES) {
      throw new Error(`a message of ${this.#payloadBytes} bytes`);
    }
    this.#payloadBytesRead = 0;
    this.#isInPayload = true;
  }

  #extendedLength(): number {
    let length = 0;
    for (let at = 2; at < this.#headerBytes; at++) length = length * 256 + (this.#header[at] ?? 0);
    return length;
  }

  /** Where the payload, or what there is of it, ends. */
  #takePayload(bytes: Uint8Array, at: number, end: number): number {
    const taken = Math.min(this.#payloadBytes - this.#payloadBytesRead, end - at);
    const kept = Math.min(taken, KEPT_BYTES - this.#payloadBytesRead);
    for (let index = 0; index < kept; index++) {
      this.#head[this.#payloadBytesRead + index] = bytes[at + index] ?? 0;
    }
    this.#payloadBytesRead += taken;
    if (this.#payloadBytesRead === this.#payloadBytes) {
      this.#isInPayload = false;
      this.#headerBytes = 0;
      this.#onMessage((this.#header[0] ?? 0) & 0x0f, this.#head, this.#payloadBytes);
    }
    return at + taken;
  }
}
