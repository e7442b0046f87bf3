/** Close codes of RFC 6455, 7.4.1. */
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** Two bytes, a length of up to eight more, and the mask. */
const MAX_HEADER_BYTES = 14;
const MASK_BYTES = 4;
const MAX_CONTROL_BYTES = 125;
const EMPTY = new Uint8Array(0);

/** What clients sent. Data are views that hold only during the call. */
export interface WebSocketEvents {
  onMessage(data: Uint8Array, isBinary: boolean): void;
  onPing(data: Uint8Array): void;
  onPong(): void;
  /** The client ends it; nothing after it counts. */
  onClose(): void;
}

/** The client broke RFC 6455, or a bound of ours; to be told by closing with `closeCode`. */
export class WebSocketError extends Error {
  override readonly name = "WebSocketError";

  constructor(readonly closeCode: number, message: string) {
    super(message);
  }
}

/**
 * Cuts a client's bytes into messages (RFC 6455, section 5), however they are chunked. Messages that
 * lie in one chunk, as nearly all do, are unmasked in place: no copy, no allocation but the view.
 */
export class WebSocketParser {
  readonly #events: WebSocketEvents;
  readonly #maxMessageBytes: number;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  #headerBytes = 0;
  /** Of the frame that is coming in; -1 while its header is. */
  #payloadBytes = -1;
  #opcode = 0;
  #isFinal = true;
  #maskAt = 0;
  /** Of a frame that is not in one chunk. */
  #payload = EMPTY;
  #payloadFilled = 0;
  /** The frames so far of a message in several; its opcode, 0 for none. */
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #messageOpcode = 0;
  #isClosed = false;

  constructor(events: WebSocketEvents, maxMessageBytes: number) {
    this.#events = events;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes what came; the chunk is changed and not kept.
   *
   * @throws {WebSocketError} after which nothing more is to be pushed
   */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.byteLength && !this.#isClosed) {
      offset += this.#payloadBytes < 0
        ? this.#takeHeader(chunk, offset)
        : this.#takePayload(chunk, offset);
    }
  }

  #takeHeader(chunk: Uint8Array, from: number): number {
    for (let offset = from; offset < chunk.byteLength;) {
      this.#header[this.#headerBytes++] = chunk[offset++] ?? 0;
      if (this.#headerBytes < 2) continue;
      if (((this.#header[1] ?? 0) & 0x80) === 0) throw violation("a client's frame has no mask");
      if (this.#headerBytes < headerLength(this.#header)) continue;
      this.#beginFrame();
      if (this.#payloadBytes === 0) this.#endFrame(EMPTY);
      return offset - from;
    }
    return chunk.byteLength - from;
  }

  #beginFrame(): void {
    const [first = 0] = this.#header;
    const payloadBytes = payloadLength(this.#header);
    this.#isFinal = (first & 0x80) !== 0;
    this.#opcode = first & 0x0f;
    this.#maskAt = this.#headerBytes - MASK_BYTES;
    this.#headerBytes = 0;
    const isControl = this.#opcode >= CLOSE;
    if ((first & 0x70) !== 0) throw violation("an extension is used that was not agreed on");
    if (isControl && (!this.#isFinal || payloadBytes > MAX_CONTROL_BYTES)) {
      throw violation("a control frame is in parts, or too long");
    }
    if (!isControl && (this.#opcode === CONTINUATION) !== (this.#messageOpcode !== 0)) {
      throw violation("a message begins inside another, or goes on without a beginning");
    }
    const messageBytes = payloadBytes + (isControl ? 0 : this.#partsBytes);
    if (messageBytes > this.#maxMessageBytes) {
      throw new WebSocketError(TOO_BIG, `at most ${this.#maxMessageBytes} bytes a message`);
    }
    this.#payloadBytes = payloadBytes;
  }

  #takePayload(chunk: Uint8Array, from: number): number {
    const taken = Math.min(this.#payloadBytes - this.#payloadFilled, chunk.byteLength - from);
    if (taken === this.#payloadBytes) {
      this.#endFrame(chunk.subarray(from, from + taken));
      return taken;
    }
    if (this.#payloadFilled === 0) this.#payload = new Uint8Array(this.#payloadBytes);
    this.#payload.set(chunk.subarray(from, from + taken), this.#payloadFilled);
    this.#payloadFilled += taken;
    if (this.#payloadFilled === this.#payloadBytes) this.#endFrame(this.#payload);
    return taken;
  }

  #endFrame(payload: Uint8Array): void {
    for (let index = 0; index < payload.byteLength; index++) {
      payload[index] = (payload[index] ?? 0) ^ (this.#header[this.#maskAt + (index & 3)] ?? 0);
    }
    this.#payloadBytes = -1;
    this.#payloadFilled = 0;
    this.#payload = EMPTY;
    if (this.#opcode < CLOSE) this.#takeData(payload);
    else this.#takeControl(payload);
  }

  #takeData(payload: Uint8Array): void {
    if (this.#isFinal && this.#messageOpcode === 0) return this.#deliver(this.#opcode, payload);
    if (this.#messageOpcode === 0) this.#messageOpcode = this.#opcode;
    // The chunk is not ours for longer; of empty parts there may be any number.
    if (payload.byteLength > 0) this.#parts.push(payload.slice());
    this.#partsBytes += payload.byteLength;
    if (!this.#isFinal) return;
    const message = new Uint8Array(this.#partsBytes);
    let filled = 0;
    for (const part of this.#parts) {
      message.set(part, filled);
      filled += part.byteLength;
    }
    const opcode = this.#messageOpcode;
    this.#parts = [];
    this.#partsBytes = 0;
    this.#messageOpcode = 0;
    this.#deliver(opcode, message);
  }

  #deliver(opcode: number, message: Uint8Array): void {
    if (opcode !== TEXT && opcode !== BINARY) throw violation("an unknown kind of message");
    this.#events.onMessage(message, opcode === BINARY);
  }

  #takeControl(payload: Uint8Array): void {
    switch (this.#opcode) {
      case PING:
        return this.#events.onPing(payload);
      case PONG:
        return this.#events.onPong();
      case CLOSE:
        this.#isClosed = true;
        return this.#events.onClose();
      default:
        throw violation("an unknown kind of control frame");
    }
  }
}

function violation(message: string): WebSocketError {
  return new WebSocketError(PROTOCOL_ERROR, message);
}

/** Of the whole header, known from its first two bytes on. */
function headerLength(header: Uint8Array): number {
  const length = (header[1] ?? 0) & 0x7f;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + MASK_BYTES;
}

function payloadLength(header: Uint8Array): number {
  const length = (header[1] ?? 0) & 0x7f;
  const view = new DataView(header.buffer);
  return length < 126 ? length : length === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
}
