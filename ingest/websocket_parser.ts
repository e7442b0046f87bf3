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
  onPong(data: Uint8Array): void;
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
  #payloadFilled = 0;
  /** Of a control frame that is not in one chunk: one may come inside a message. */
  readonly #control = new Uint8Array(MAX_CONTROL_BYTES);
  #controlFilled = 0;
  /** Of a message that is not in one chunk, or not in one frame; grows as it comes. */
  #message = EMPTY;
  #messageFilled = 0;
  /** Of a message in several frames; 0 for none. */
  #messageOpcode = 0;
  #isClosed = false;
  #frameCount = 0;

  constructor(events: WebSocketEvents, maxMessageBytes: number) {
    this.#events = events;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Frames that have begun since the start, of whatever kind. */
  get frameCount(): number {
    return this.#frameCount;
  }

  /** Bytes set aside for a message that is not complete yet: at most a whole one's. */
  get heldBytes(): number {
    return this.#message.byteLength;
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
      if (this.#payloadBytes === 0) this.#takePayload(EMPTY, 0);
      return offset - from;
    }
    return chunk.byteLength - from;
  }

  #beginFrame(): void {
    this.#frameCount++;
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
    const messageBytes = payloadBytes + (isControl ? 0 : this.#messageFilled);
    if (messageBytes > this.#maxMessageBytes) {
      throw new WebSocketError(TOO_BIG, `at most ${this.#maxMessageBytes} bytes a message`);
    }
    this.#payloadBytes = payloadBytes;
  }

  #takePayload(chunk: Uint8Array, from: number): number {
    const taken = Math.min(this.#payloadBytes - this.#payloadFilled, chunk.byteLength - from);
    const part = chunk.subarray(from, from + taken);
    this.#unmask(part);
    const isWhole = taken === this.#payloadBytes;
    this.#payloadFilled += taken;
    const isEnd = this.#payloadFilled === this.#payloadBytes;
    if (isEnd) {
      this.#payloadBytes = -1;
      this.#payloadFilled = 0;
    }
    if (this.#opcode >= CLOSE) this.#takeControlPart(part, isWhole, isEnd);
    else this.#takeDataPart(part, isWhole, isEnd);
    return taken;
  }

  #unmask(part: Uint8Array): void {
    const from = this.#payloadFilled;
    for (let index = 0; index < part.byteLength; index++) {
      const mask = this.#header[this.#maskAt + (from + index & 3)] ?? 0;
      part[index] = (part[index] ?? 0) ^ mask;
    }
  }

  #takeControlPart(part: Uint8Array, isWhole: boolean, isEnd: boolean): void {
    if (isWhole) return this.#takeControl(part);
    this.#control.set(part, this.#controlFilled);
    this.#controlFilled += part.byteLength;
    if (!isEnd) return;
    const payload = this.#control.subarray(0, this.#controlFilled);
    this.#controlFilled = 0;
    this.#takeControl(payload);
  }

  #takeDataPart(part: Uint8Array, isWhole: boolean, isEnd: boolean): void {
    const isSingle = this.#isFinal && this.#messageOpcode === 0;
    if (isSingle && isWhole) return this.#deliver(this.#opcode, part);
    this.#append(part);
    if (!isEnd) return;
    if (this.#messageOpcode === 0) this.#messageOpcode = this.#opcode;
    if (!this.#isFinal) return;
    const opcode = this.#messageOpcode;
    const message = this.#message.subarray(0, this.#messageFilled);
    this.#message = EMPTY;
    this.#messageFilled = 0;
    this.#messageOpcode = 0;
    this.#deliver(opcode, message);
  }

  #append(part: Uint8Array): void {
    const needed = this.#messageFilled + part.byteLength;
    if (needed > this.#message.byteLength) {
      const bytes = Math.max(needed, Math.min(this.#maxMessageBytes, 2 * needed));
      const grown = new Uint8Array(bytes);
      grown.set(this.#message.subarray(0, this.#messageFilled));
      this.#message = grown;
    }
    this.#message.set(part, this.#messageFilled);
    this.#messageFilled = needed;
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
        return this.#events.onPong(payload);
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
