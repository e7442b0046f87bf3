import {
  type CameraStatus,
  ClockOffset,
  controlTypeOf,
  decodeMessage,
  epochNowMs,
  type Frame,
  type IngestToProducerMessage,
  LengthPrefixParser,
  MessageEncoder,
  ProtocolError,
  renditionOf,
} from "@porthole/protocol";
import { parseFrame, parseProducerMessage } from "@porthole/protocol/schema";
import { createRedact, logFor } from "@porthole/protocol/service";
import { framedMessage, payloadOf } from "./framed_message.ts";
import type { Publisher } from "./publisher.ts";
import { MessagePace, MIN_MESSAGE_KBPS } from "./limits/message_pace.ts";
import type { PendingBytes } from "./limits/pending_bytes.ts";
import { PublishLimitError } from "./limits/publish_limit_error.ts";
import type { Metrics } from "./metrics.ts";
import { outboundFrame } from "./outbound_frame.ts";
import type { PublishTarget } from "./publish_target.ts";

/** Acks tell the producer how late its link is; more often would tell no more. */
const ACK_INTERVAL_MS = 100;
const CLOCK_INTERVAL_MS = 2_000;
/** The first exchanges come quickly, so that latencies are right from the start. */
const FIRST_CLOCK_EXCHANGES = 4;
const FIRST_CLOCK_INTERVAL_MS = 100;
/** A producer answers the clock even while its camera is down. */
export const GONE_AFTER_MS = 6_000;
/** Answers that a producer may leave unread before it is given up. */
const MAX_UNREAD_ANSWERS = 1_000;

/** Whoever watches reads the cause: an address in it, with a password or without, is not for them. */
const ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/\S*/gi;

/** Not every publisher takes care of that itself. */
const redact = createRedact();

const log = logFor("ingest", "publish");

/**
 * One live publish: frames and control from a producer, control back, over one request. It holds
 * its stream from `run` on until the body ends, breaks, or offends.
 */
export class LivePublish implements Publisher {
  readonly #target: PublishTarget;
  readonly #metrics: Metrics;
  readonly #expiresAtMs: number;
  readonly #pending: PendingBytes;
  readonly #encoder = new MessageEncoder();
  readonly #clock = new ClockOffset();
  readonly #pace = new MessagePace();
  readonly #abort = new AbortController();
  readonly #lastAckMs = new Map<string, number>();
  /** The newest frame of each rendition whose ack was put off, and when it came. */
  readonly #unacknowledged = new Map<string, { readonly seq: number; readonly atMs: number }>();
  #answers: ReadableStreamDefaultController<Uint8Array> | undefined;
  #clockTimer: ReturnType<typeof setTimeout> | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #cut = () => {};
  /** Frames up to these come at once: they are older than their way is long. */
  readonly #replayedUntil = new Map<string, number>();
  #clockExchanges = 0;
  #lastHeardMs = epochNowMs();
  #offers: readonly string[] = [];
  #name: string | undefined;
  #camera: CameraStatus | undefined;

  /**
   * @param pending what all publishes together hold of unfinished messages
   * @param expiresAtMs when its token does, by the wall clock
   */
  constructor(
    target: PublishTarget,
    metrics: Metrics,
    pending: PendingBytes,
    expiresAtMs = Infinity,
  ) {
    this.#target = target;
    this.#metrics = metrics;
    this.#pending = pending;
    this.#expiresAtMs = expiresAtMs;
  }

  get offers(): readonly string[] {
    return this.#offers;
  }

  get name(): string | undefined {
    return this.#name;
  }

  get camera(): CameraStatus | undefined {
    return this.#camera;
  }

  get clockOffsetMs(): number {
    return this.#clock.offsetMs ?? 0;
  }

  get roundTripMs(): number | undefined {
    return this.#clock.roundTripMs;
  }

  isGone(nowMs: number): boolean {
    return nowMs - this.#lastHeardMs > GONE_AFTER_MS;
  }

  /** The response's body: what ingest has to say to this producer. */
  open(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => void (this.#answers = controller),
      cancel: () => {
        // At once: a timer may fire before the body is seen to end.
        this.#answers = undefined;
        this.#abort.abort();
      },
    });
  }

  /**
   * Takes the body in until it ends; never rejects, whatever the producer does.
   *
   * @param cut ends the request, for a producer that reads no goodbye
   */
  async run(body: AsyncIterable<Uint8Array>, cut: () => void): Promise<void> {
    const { signal } = this.#abort;
    const parser = new LengthPrefixParser();
    this.#cut = cut;
    this.#target.attach(this, epochNowMs());
    log.info("publish started", { stream: this.#target.id });
    this.#askClock();
    let end = "the producer closed it";
    using pending = this.#pending.hold();
    try {
      for await (const chunk of untilAborted(body, signal)) {
        let isNew = false;
        for (const message of parser.push(chunk)) {
          this.#receive(message);
          isNew = true;
        }
        this.#lastHeardMs = epochNowMs();
        this.#pace.received(parser.pendingBytes, isNew, this.#lastHeardMs);
        pending.set(parser.pendingBytes);
      }
      parser.end();
    } catch (error) {
      end = this.#explain(signal.aborted ? signal.reason : error);
    } finally {
      clearTimeout(this.#clockTimer);
      clearTimeout(this.#ackTimer);
      this.#target.detach(this, epochNowMs());
      this.#finishAnswers();
      log.info("publish ended", { stream: this.#target.id, because: end });
    }
  }

  send(message: IngestToProducerMessage): void {
    const answers = this.#answers;
    if (answers === undefined) return;
    if ((answers.desiredSize ?? 0) < -MAX_UNREAD_ANSWERS) {
      this.#abort.abort(new Error("the producer does not read its answers"));
      return this.#cut();
    }
    answers.enqueue(this.#encoder.encodePrefixed(message));
  }

  close(code: string, reason: string): void {
    const isRead = (this.#answers?.desiredSize ?? 0) >= 0;
    this.send({ type: "bye", code, reason });
    this.#finishAnswers();
    this.#abort.abort(new Error(reason));
    if (!isRead) this.#cut();
  }

  #receive(bytes: Uint8Array<ArrayBuffer>): void {
    const nowMs = epochNowMs();
    this.#metrics.bytesProcessed += bytes.byteLength;
    this.#target.rate.received(bytes.byteLength, nowMs);
    // Copied once, behind the header that viewers get it with: its fields are views into that.
    const framed = framedMessage(bytes);
    const message = decodeMessage(payloadOf(framed));
    if (controlTypeOf(message) !== undefined) {
      this.#target.rate.receivedControl(nowMs);
      return this.#control(message, nowMs);
    }
    this.#target.rate.receivedFrame(nowMs);
    const frame = parseFrame(message);
    const step = this.#target.publish(outboundFrame(frame, framed), nowMs);
    this.#metrics.framesReceived++;
    if (step === 0) this.#metrics.framesReplayed++;
    else this.#metrics.publisherFramesDiscarded += step - 1;
    this.#target.account.received(bytes.byteLength);
    this.#observeAge(frame, nowMs);
    if (frame.seq !== undefined) this.#acknowledge(renditionOf(frame), frame.seq, nowMs);
  }

  #control(decoded: unknown, nowMs: number): void {
    const message = parseProducerMessage(decoded);
    switch (message?.type) {
      case "hello":
        this.#offers = message.renditions;
        this.#name = message.name;
        return this.#target.publisherChanged(nowMs);
      case "status":
        this.#camera = {
          ...message,
          cause: redact(message.cause).replace(ADDRESS, "(address hidden)"),
        };
        return this.#target.publisherChanged(nowMs);
      case "replay":
        this.#target.expectReplay(message.rendition, message.untilSeq);
        return void this.#replayedUntil.set(message.rendition, message.untilSeq);
      case "clock":
        this.#clock.add({ t0: message.t0, t1: message.t1, t2: message.t2, t3: nowMs });
        return this.#target.tick(nowMs);
      case "bye":
        return this.#abort.abort(new Error(`the producer said goodbye: ${message.reason}`));
    }
  }

  #observeAge(frame: Frame, nowMs: number): void {
    const untilSeq = this.#replayedUntil.size === 0
      ? undefined
      : this.#replayedUntil.get(renditionOf(frame));
    if (untilSeq !== undefined) {
      if ((frame.seq ?? Infinity) >= untilSeq) this.#replayedUntil.delete(renditionOf(frame));
      return;
    }
    const { offsetMs } = this.#clock;
    // By another clock it says nothing before the two are compared.
    if (offsetMs === undefined) return;
    this.#target.account.ages.published(Math.max(0, nowMs - frame.timestamp + offsetMs));
  }

  #acknowledge(rendition: string, seq: number, nowMs: number): void {
    if (nowMs - (this.#lastAckMs.get(rendition) ?? 0) < ACK_INTERVAL_MS) {
      this.#unacknowledged.set(rendition, { seq, atMs: nowMs });
      this.#ackTimer ??= setTimeout(() => this.#acknowledgeRest(), ACK_INTERVAL_MS);
      return;
    }
    this.#unacknowledged.delete(rendition);
    this.#lastAckMs.set(rendition, nowMs);
    this.send({ type: "ack", rendition, seq });
  }

  /**
   * The last frame before a silence is acknowledged too: a producer that waited for that in vain
   * would take its link for stalled and never send again.
   */
  #acknowledgeRest(): void {
    this.#ackTimer = undefined;
    const nowMs = epochNowMs();
    for (const [rendition, { seq, atMs }] of this.#unacknowledged) {
      // While more of it come, one of them is about to be acknowledged at once, which tells more.
      if (nowMs - atMs < ACK_INTERVAL_MS) continue;
      this.#unacknowledged.delete(rendition);
      this.#lastAckMs.set(rendition, nowMs);
      this.send({ type: "ack", rendition, seq });
    }
    if (this.#unacknowledged.size === 0) return;
    this.#ackTimer = setTimeout(() => this.#acknowledgeRest(), ACK_INTERVAL_MS);
  }

  #askClock(): void {
    const nowMs = epochNowMs();
    if (this.isGone(nowMs)) {
      // Frozen, or cut off without a word: TCP alone would take a quarter of an hour to notice.
      return this.close("silent", `nothing was heard for ${GONE_AFTER_MS / 1000} s`);
    }
    if (Date.now() >= this.#expiresAtMs) {
      return this.close("expired", "the token for publishing has expired");
    }
    if (this.#pace.isTooSlow(nowMs)) {
      this.#metrics.publishesLimited++;
      const found = `a message comes in at less than ${MIN_MESSAGE_KBPS} kbit/s`;
      return this.close("too_slow", `${found}; send less, or over a faster link`);
    }
    // The other workers hear of a publisher by this while a message of it is coming in.
    this.#target.tick(nowMs);
    this.send({ type: "clock", t0: epochNowMs() });
    const intervalMs = ++this.#clockExchanges < FIRST_CLOCK_EXCHANGES
      ? FIRST_CLOCK_INTERVAL_MS
      : CLOCK_INTERVAL_MS;
    this.#clockTimer = setTimeout(() => this.#askClock(), intervalMs);
  }

  #explain(error: unknown): string {
    if (error instanceof PublishLimitError) this.#metrics.publishesLimited++;
    if (error instanceof PublishLimitError || error instanceof ProtocolError) {
      this.#metrics.publishesRejected++;
      this.send({ type: "bye", code: error.code, reason: error.message });
    }
    return error instanceof Error ? error.message : String(error);
  }

  #finishAnswers(): void {
    const answers = this.#answers;
    this.#answers = undefined;
    try {
      answers?.close();
    } catch (error) {
      // Closed already by the producer's going: the same end by another way.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

/** What comes until `signal` is aborted, which then ends the wait for more. @throws its reason */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let giveUp: (reason: unknown) => void = () => {};
  signal.addEventListener("abort", () => giveUp(signal.reason), { once: true });
  while (true) {
    signal.throwIfAborted();
    const { done, value } = await new Promise<IteratorResult<T>>((resolve, reject) => {
      giveUp = reject;
      iterator.next().then(resolve, reject);
    });
    if (done === true) return;
    yield value;
  }
}
