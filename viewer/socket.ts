import {
  controlTypeOf,
  decodeMessage,
  epochNowMs,
  type Frame,
  type IngestToViewerMessage,
  isFrame,
  MessageEncoder,
  renditionOf,
  TOKEN_SUBPROTOCOL_PREFIX,
  VIEWER_SUBPROTOCOL,
  type ViewerHello,
  type ViewerMessage,
} from "@porthole/protocol";
import { ACK_TICK_MS, AckPace } from "./ack_pace.ts";
import type { Backoff } from "./backoff.ts";
import { ClockExchange } from "./clock_exchange.ts";
import { AUTO } from "./quality_choices.ts";
import type { Refusal } from "./refusal.ts";
import { Silence } from "./silence.ts";

/**
 * `waiting`: closed, and to be tried again after the backoff. `login` and `forbidden`: refused, and
 * not tried again.
 */
export type ConnectionState = "connecting" | "open" | "waiting" | Refusal["kind"];

export interface SocketHandlers {
  /** The frame's binary fields are views into a message that nobody else holds. */
  onFrame(frame: Frame, messageBytes: number): void;
  /** Everything but `clock`, which stays here. Types this version does not know come too. */
  onControl(message: IngestToViewerMessage): void;
  onConnection(state: ConnectionState, cause: string): void;
}

export interface SocketOptions {
  readonly url: string;
  /** Signed, of who watches; none where a cookie says it, or nobody is asked. */
  readonly token?: string | undefined;
  /** Asked when a connection did not come about, for browsers do not say why. */
  readonly askForRefusal: () => Promise<Refusal | undefined>;
  /**
   * Asked at each connection: what the viewer can decode may change. While that is not known there
   * is none, and `greet` is to be called once it is.
   */
  readonly hello: () => ViewerHello | undefined;
  readonly backoff: Backoff;
  readonly handlers: SocketHandlers;
  /** 10 s by default: browsers themselves would wait for minutes. */
  readonly connectWithinMs?: number;
  /** 3 s by default: what an answer may take after the network has changed. */
  readonly answersWithinMs?: number;
}

const CONNECT_WITHIN_MS = 10_000;
const ANSWERS_WITHIN_MS = 3000;
/** A connection in the making is given so long before a change of the network has it made anew. */
const CONNECTS_WITHIN_MS = 1000;
/** A ticker that stood still this long stood still with the machine. */
const SLEPT_MS = 5000;
/** A connection that lasted this long was a success; one that did not adds to the backoff. */
const LASTING_CONNECTION_MS = 5000;
/** Ingest's code of a bye to whose session has ended. */
const EXPIRED = "expired";
/** RFC 6455, 7.4.2: 4000-4999 are for private use. */
const CLOSE_GIVEN_UP = 4000;

/**
 * The connection of one viewer to one stream, for as long as the player lives: hello, acks, clock
 * exchange, pause and resume, the rendition selected; comes back by itself when it is lost.
 */
export class StreamSocket {
  readonly #options: SocketOptions;
  readonly #encoder = new MessageEncoder();
  readonly #acks = new AckPace();
  #clock = new ClockExchange();
  #socket: WebSocket | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #playing: boolean;
  #selected: string = AUTO;
  #token: string | undefined;
  #isRefused = false;
  #openedAtMs = 0;
  #connectingSinceMs: number | undefined;
  #silence = new Silence(0);
  #answerDueMs = Number.POSITIVE_INFINITY;
  /** By the wall clock: the other one stands still while the machine sleeps. */
  #tickedAtMs = 0;

  constructor(options: SocketOptions, playing: boolean) {
    this.#options = options;
    this.#token = options.token;
    this.#playing = playing;
  }

  /** Ingest's clock minus ours, ms; `undefined` before the first exchange on this connection. */
  get clockOffsetMs(): number | undefined {
    return this.#clock.offsetMs;
  }

  /** By how much {@link clockOffsetMs} may be wrong, ms: half the round trip. */
  get clockErrorMs(): number | undefined {
    return this.#clock.errorMs;
  }

  /** How long frames take from the producer to ingest, ms, as ingest said last on this connection. */
  get uplinkMs(): number | undefined {
    return this.#clock.uplinkMs;
  }

  connect(): void {
    this.#drop();
    this.#options.handlers.onConnection("connecting", "");
    this.#connectingSinceMs = epochNowMs();
    const socket = new WebSocket(this.#options.url, subprotocolsWith(this.#token));
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const { connectWithinMs = CONNECT_WITHIN_MS } = this.#options;
    this.#retry = setTimeout(() => this.#lost("the server does not answer"), connectWithinMs);
    socket.addEventListener("open", () => {
      if (this.#socket === socket) this.#opened();
    });
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (this.#socket === socket && data instanceof ArrayBuffer) this.#received(data);
    });
    socket.addEventListener("close", ({ reason }) => {
      if (this.#socket === socket) this.#lost(reason);
    });
  }

  /** Tells ingest, now or as soon as there is a connection. */
  setPlaying(playing: boolean): void {
    if (playing === this.#playing) return;
    this.#playing = playing;
    this.#acks.restart();
    this.send({ type: playing ? "resume" : "pause" });
  }

  /** Tells ingest, now and on each connection to come. `selected`: a rendition's name, or `"auto"`. */
  select(selected: string): void {
    if (selected === this.#selected) return;
    this.#selected = selected;
    this.send({ type: "select", rendition: selected });
  }

  /** For the connections to come, at once where the server wanted another one. */
  useToken(token: string | undefined): void {
    this.#token = token;
    if (this.#isRefused) this.connect();
  }

  /** Has ingest send the current GOP again, as to one who joins. */
  startOver(): void {
    this.#acks.restart();
    this.send({ type: "pause" });
    this.send({ type: "resume" });
  }

  /**
   * The network is another one, or the machine was asleep: a connection that is there has to answer,
   * and one that is not is tried at once.
   */
  check(): void {
    const nowMs = epochNowMs();
    if (this.#ticker !== undefined) {
      const { answersWithinMs = ANSWERS_WITHIN_MS } = this.#options;
      this.#answerDueMs = Math.min(this.#answerDueMs, nowMs + answersWithinMs);
      this.#askClock(nowMs);
      return;
    }
    const sinceMs = this.#connectingSinceMs;
    const isOver = this.#retry === undefined;
    if (isOver || (sinceMs !== undefined && nowMs - sinceMs < CONNECTS_WITHIN_MS)) return;
    this.#options.backoff.restart();
    this.connect();
  }

  /** Says hello again: what the viewer can decode has changed. */
  greet(): void {
    const hello = this.#options.hello();
    if (hello !== undefined) this.send(hello);
  }

  /** A received frame was given up because decoding was behind; the next ack says so. */
  gaveUp(): void {
    this.#acks.gaveUp();
  }

  /** Sends at once, or not at all when there is no connection. */
  send(message: ViewerMessage): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(this.#encoder.encode(message));
  }

  /** Closes for good. Twice is fine. */
  close(): void {
    this.#drop();
  }

  #opened(): void {
    clearTimeout(this.#retry);
    const nowMs = epochNowMs();
    this.#openedAtMs = nowMs;
    this.#connectingSinceMs = undefined;
    this.#silence = new Silence(nowMs);
    this.#answerDueMs = Number.POSITIVE_INFINITY;
    this.#tickedAtMs = Date.now();
    this.#clock = new ClockExchange();
    this.#acks.restart();
    // Before the hello, which is what makes ingest send: a whole GOP that nobody is to see.
    if (!this.#playing) this.send({ type: "pause" });
    if (this.#selected !== AUTO) this.send({ type: "select", rendition: this.#selected });
    this.greet();
    this.#askClock(nowMs);
    this.#ticker = setInterval(() => this.#tick(epochNowMs()), ACK_TICK_MS);
    this.#options.handlers.onConnection("open", "");
  }

  #tick(nowMs: number): void {
    const wallMs = Date.now();
    if (Math.abs(wallMs - this.#tickedAtMs) > SLEPT_MS) this.#woke();
    this.#tickedAtMs = wallMs;
    if (nowMs > this.#answerDueMs) return this.#lostToChange();
    if (this.#silence.isTooLong(nowMs)) return this.#lost("the server has gone silent");
    if (this.#clock.isDue(nowMs)) this.#askClock(nowMs);
    const ack = this.#playing ? this.#acks.tick() : undefined;
    if (ack !== undefined) this.send(ack);
  }

  /** Our clock may have stood still while the machine slept, or the wall clock was set: as well. */
  #woke(): void {
    this.#clock = new ClockExchange();
    this.check();
  }

  #lostToChange(): void {
    this.#options.backoff.restart();
    this.connect();
  }

  #askClock(nowMs: number): void {
    this.#clock.asked(nowMs);
    this.send({ type: "clock", t0: nowMs });
  }

  #received(data: ArrayBuffer): void {
    const nowMs = epochNowMs();
    this.#silence.heard(nowMs);
    this.#answerDueMs = Number.POSITIVE_INFINITY;
    let message: unknown;
    try {
      message = decodeMessage(new Uint8Array(data));
    } catch (cause) {
      this.#lost(cause instanceof Error ? cause.message : String(cause));
      return;
    }
    if (isFrame(message)) {
      if (message.seq !== undefined) this.#acks.received(message.seq, renditionOf(message));
      this.#options.handlers.onFrame(message, data.byteLength);
    } else if (controlTypeOf(message) !== undefined) {
      // Trusted as isFrame trusts: the schemas would be most of the page's size.
      this.#control(message as IngestToViewerMessage, nowMs);
    }
  }

  #control(message: IngestToViewerMessage, nowMs: number): void {
    if (message.type === "clock") {
      this.#clock.answered(message, nowMs);
      return;
    }
    this.#options.handlers.onControl(message);
    if (message.type !== "bye") return;
    this.#lost(message.reason);
    if (message.code === EXPIRED) void this.#askForRefusal();
  }

  #lost(cause: string): void {
    const wasOpen = this.#ticker !== undefined;
    if (wasOpen && epochNowMs() - this.#openedAtMs >= LASTING_CONNECTION_MS) {
      this.#options.backoff.restart();
    }
    this.#drop();
    this.#connectingSinceMs = undefined;
    this.#retry = setTimeout(() => this.connect(), this.#options.backoff.nextDelayMs());
    this.#options.handlers.onConnection("waiting", cause);
    if (!wasOpen) void this.#askForRefusal();
  }

  /** Beside the next tries, of which only a refusal that still holds then is the end. */
  async #askForRefusal(): Promise<void> {
    const refusal = await this.#options.askForRefusal();
    const isOver = this.#retry === undefined || this.#ticker !== undefined;
    if (refusal === undefined || isOver) return;
    this.#drop();
    this.#isRefused = true;
    this.#options.handlers.onConnection(refusal.kind, refusal.reason);
  }

  #drop(): void {
    this.#isRefused = false;
    clearTimeout(this.#retry);
    clearInterval(this.#ticker);
    this.#retry = undefined;
    this.#ticker = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    // Closing one that is still connecting fails it, which is what is wanted.
    socket?.close(CLOSE_GIVEN_UP);
  }
}

/** A page can set no header of a handshake but this one, and an address would be logged. */
function subprotocolsWith(token: string | undefined): string[] {
  if (token === undefined) return [VIEWER_SUBPROTOCOL];
  return [VIEWER_SUBPROTOCOL, `${TOKEN_SUBPROTOCOL_PREFIX}${token}`];
}
