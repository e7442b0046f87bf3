import {
  type CameraStatus,
  decodeMessage,
  type EncodedFrame,
  epochNowMs,
  type IngestToProducerMessage,
  LengthPrefixParser,
  LIVE_CONTENT_TYPE,
  MAIN_RENDITION,
  MAX_GOP_MS,
  MessageEncoder,
  type ProducerMessage,
  renditionOf,
} from "@porthole/protocol";
import { parseIngestToProducerMessage } from "@porthole/protocol/schema";
import { type Log, logFor, logWith, sleep, startSpan } from "@porthole/protocol/service";
import type { UplinkConfig } from "./config.ts";
import { OwnGhost } from "./own_ghost.ts";
import { openPublish } from "./publish_request.ts";
import { reconnectDelayMs } from "./reconnect.ts";
import { type RenditionLane, RenditionLanes } from "./rendition_lanes.ts";
import {
  explain,
  isRetryable,
  isTaken,
  refusal,
  UplinkError,
  type UplinkFailureCode,
  uplinkFailureCodeOf,
} from "./uplink_error.ts";
import { Wakeup } from "./wakeup.ts";

export interface UplinkOptions {
  readonly config: UplinkConfig;
  /** JPEG frames that may wait. */
  readonly maxWaitingJpegs: number;
  readonly software: string;
  /** What people call the camera; empty for none. */
  readonly name?: string;
  /**
   * Renditions this producer can make on demand, until it says otherwise; with the camera's own
   * among them the camera itself is opened on it.
   */
  readonly offers: readonly string[];
  readonly onDemand: (renditions: readonly string[]) => void;
  /** A frame arrived at ingest so many ms after it was offered, the way of its ack included. */
  readonly onDelivered: (delayMs: number) => void;
  /** A publish ended, or could not begin, and why; another follows. */
  readonly onRestart?: (cause: UplinkFailureCode) => void;
}

/**
 * Ingest asks for the time every two seconds, and acknowledges frames ten times a second: silence
 * this long means that it is gone, or that the way to it is, which TCP alone would not notice for a
 * quarter of an hour.
 */
const SILENCE_MS = 4_500;
const SILENCE_CHECK_MS = 250;
/** A frame that is not acknowledged for so long, by an ingest that says other things, never will be. */
const UNACKNOWLEDGED_MS = 6_000;
/** Where packets vanish a connection is tried anew, rather than by TCP, which waits ever longer. */
const ANSWER_WITHIN_MS = 3_000;
/** A publish that lasted so long was a success. */
const LASTING_MS = 5_000;
/** What a goodbye may take before the connection is cut. */
const GOODBYE_MS = 300;

const log = logFor("producer", "uplink");

/**
 * One live publish to ingest over one request, renewed for as long as it is wanted.
 *
 * Holds the current GOP of each rendition, so that an ingest that (re)starts has a picture at
 * once, and what waits for a slow link within the bounds of {@link FrameLane}.
 */
export class Uplink {
  readonly #options: UplinkOptions;
  readonly #encoder = new MessageEncoder();
  readonly #renditions: RenditionLanes;
  readonly #wakeup = new Wakeup();
  readonly #ghost = new OwnGhost();
  readonly #log: Log;
  #control: Uint8Array[] = [];
  #status: CameraStatus = { type: "status", state: "connecting", cause: "" };
  #offers: readonly string[];
  /** What the camera itself sends. */
  #own: string = MAIN_RENDITION;
  #isConnected = false;
  #demanded: readonly string[] = [];
  #connection = new AbortController();
  /** When ingest said something in a publish of ours. */
  #lastHeardMs = -Infinity;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#log = logWith(log, { stream: options.config.streamId });
    this.#offers = options.offers;
    this.#renditions = new RenditionLanes(options.maxWaitingJpegs);
  }

  /** Frames given up because the link was slow. */
  get discarded(): number {
    return this.#renditions.discarded;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The same by rendition, and by whether a newer frame took their place or they were too late. */
  *discards(): Generator<{ rendition: string; behind: number; replaced: number }> {
    for (const { name: rendition, lane: { discarded, replaced } } of this.#renditions) {
      yield { rendition, behind: discarded - replaced, replaced };
    }
  }

  /** Sends a frame, encoded with its length prefix; keeps it for the GOP cache in any case. */
  offer(encoded: EncodedFrame): void {
    const { gop, lane } = this.#renditions.of(encoded.frame);
    gop.add(encoded);
    if (!this.#isConnected || !this.#isWanted(renditionOf(encoded.frame))) return;
    const nowMs = epochNowMs();
    if (lane.offer(encoded, nowMs)) this.#wakeup.wake();
    else if (lane.ageMs(nowMs) > UNACKNOWLEDGED_MS) {
      // It would stay so: nothing more is sent before what was sent is acknowledged.
      this.#connection.abort(
        new UplinkError("unacknowledged", "ingest does not acknowledge what it was sent"),
      );
    }
  }

  /**
   * The camera sends another codec, of which other renditions can be made: all begins anew.
   *
   * @param own the rendition that the camera itself sends
   */
  setOffers(offers: readonly string[], own: string): void {
    this.#offers = offers;
    this.#own = own;
    for (const { gop, lane } of this.#renditions) {
      gop.clear();
      lane.reset();
    }
    if (this.#isConnected) this.#send(this.#hello());
  }

  setStatus(status: CameraStatus): void {
    this.#status = status;
    if (this.#isConnected) this.#send(status);
  }

  /** The source started anew: what was cached of it leads nowhere. */
  forgetGops(): void {
    for (const { gop } of this.#renditions) gop.clear();
  }

  /** Publishes until `signal` is aborted; failures are logged and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = performance.now();
      try {
        await this.#publish(signal);
      } catch (error) {
        if (signal.aborted) return;
        // Being let in and thrown out again is no success.
        failures = performance.now() - startedMs > LASTING_MS ? 1 : failures + 1;
        const isOwnGhost = isTaken(error) && this.#ghost.isTakenByUs(performance.now());
        const retryable = isRetryable(error) || isOwnGhost;
        const retryMs = reconnectDelayMs(failures, retryable, Math.random());
        const code = uplinkFailureCodeOf(error);
        this.#log.warn("not publishing to ingest", {
          cause: explain(error),
          code,
          failures,
          retryInS: Math.round(retryMs / 100) / 10,
        });
        this.#options.onRestart?.(code);
        await sleep(retryMs, signal);
      }
    }
  }

  /** @throws what ended it; it has no other end */
  async #publish(signal: AbortSignal): Promise<never> {
    const { config } = this.#options;
    const connection = this.#connection = new AbortController();
    let goodbye: ReturnType<typeof setTimeout> | undefined;
    const leave = () => {
      this.#send({ type: "bye", code: "shutdown", reason: "the producer was stopped" });
      goodbye = setTimeout(() => connection.abort(signal.reason), GOODBYE_MS);
    };
    signal.addEventListener("abort", leave, { once: true });
    const connecting = startSpan("uplink.connect", { stream: config.streamId });
    const startedMs = performance.now();
    const watchdog = setInterval(() => {
      const nowMs = performance.now();
      if (!this.#isConnected && nowMs - startedMs > ANSWER_WITHIN_MS) {
        connection.abort(new UplinkError("silent", "ingest does not answer"));
      } else if (this.#isConnected && nowMs - this.#lastHeardMs > SILENCE_MS) {
        connection.abort(new UplinkError("silent", "ingest has fallen silent"));
      }
    }, SILENCE_CHECK_MS);
    try {
      const response = await openPublish({
        url: publishUrl(config),
        httpVersion: config.httpVersion,
        signal: connection.signal,
        headers: {
          "content-type": LIVE_CONTENT_TYPE,
          ...(config.token === "" ? {} : { authorization: `Bearer ${config.token}` }),
        },
        body: this.#body(connection.signal),
      });
      if (response.status !== 200) throw await refusal(response);
      connecting.end({ http: config.httpVersion });
      this.#lastHeardMs = performance.now();
      this.#ghost.published();
      this.#connect();
      this.#log.info("publishing to ingest", {
        ingest: config.ingestUrl.href,
        http: config.httpVersion,
      });
      const parser = new LengthPrefixParser();
      for await (const chunk of response.chunks) {
        this.#lastHeardMs = performance.now();
        for (const message of parser.push(chunk)) this.#receive(message);
      }
      throw new UplinkError("ended", "ingest ended the publish");
    } catch (error) {
      // No words of others: spans go where nobody takes secrets out.
      const status = error instanceof UplinkError ? error.status : undefined;
      connecting.fail(status === undefined ? "no connection" : `ingest answered ${status}`);
      throw error;
    } finally {
      clearInterval(watchdog);
      clearTimeout(goodbye);
      signal.removeEventListener("abort", leave);
      this.#disconnect();
      connection.abort();
    }
  }

  /** The request's body: what there is to send, as fast as it is taken. */
  #body(signal: AbortSignal): ReadableStream<Uint8Array> {
    signal.addEventListener("abort", () => this.#wakeup.wake(), { once: true });
    return new ReadableStream({
      pull: async (controller) => {
        let next = this.#next();
        while (next === undefined && !signal.aborted) {
          await this.#wakeup.wait();
          next = this.#next();
        }
        if (next === undefined || signal.aborted) controller.close();
        else controller.enqueue(next);
      },
    }, { highWaterMark: 0 });
  }

  /** Ingest has said yes: hello, how the camera is, and the cached GOPs. */
  #connect(): void {
    this.#isConnected = true;
    this.#send(this.#hello());
    this.#send(this.#status);
    const nowMs = epochNowMs();
    for (const rendition of this.#renditions) {
      rendition.lane.reset();
      if (this.#isWanted(rendition.name)) this.#replay(rendition, nowMs);
    }
  }

  #hello(): ProducerMessage {
    const { software, name } = this.#options;
    return { type: "hello", software, renditions: this.#offers, ...(name ? { name } : {}) };
  }

  /** Its GOP so far; but a rendition that nobody has wanted for a while has no picture of now. */
  #replay({ name, gop, lane }: RenditionLane, nowMs: number): void {
    const newest = gop.frames.at(-1)?.frame;
    if (newest?.seq === undefined || nowMs - newest.timestamp > MAX_GOP_MS) return;
    this.#send({ type: "replay", rendition: name, untilSeq: newest.seq });
    for (const encoded of gop.frames) lane.offer(encoded, nowMs);
  }

  /**
   * The camera itself, where it is opened on demand, is also open for what is made of it. The other
   * renditions are made while they are demanded, and not at all while they are not.
   */
  #isWanted(rendition: string): boolean {
    return rendition !== this.#own || this.#demanded.includes(rendition) ||
      !this.#offers.includes(rendition);
  }

  #disconnect(): void {
    this.#isConnected = false;
    this.#control = [];
    for (const { lane } of this.#renditions) lane.reset();
    this.#demand([]);
  }

  #send(message: ProducerMessage): void {
    this.#control.push(this.#encoder.encodePrefixed(message));
    this.#wakeup.wake();
  }

  #next(): Uint8Array | undefined {
    return this.#control.shift() ?? this.#renditions.take()?.bytes;
  }

  #receive(bytes: Uint8Array): void {
    const message = parseIngestToProducerMessage(decodeMessage(bytes));
    if (message !== undefined) this.#handle(message);
  }

  #handle(message: IngestToProducerMessage): void {
    switch (message.type) {
      case "demand":
        this.#log.debug("ingest wants renditions", { renditions: message.renditions });
        return this.#demand(message.renditions);
      case "clock": {
        const nowMs = epochNowMs();
        return this.#send({ type: "clock", t0: message.t0, t1: nowMs, t2: nowMs });
      }
      case "ack": {
        const lane = this.#renditions.find(message.rendition)?.lane;
        const offeredMs = lane?.offeredMs(message.seq);
        if (offeredMs !== undefined) this.#options.onDelivered(epochNowMs() - offeredMs);
        return lane?.acknowledge(message.seq);
      }
      case "bye":
        throw new UplinkError("ended", `ingest said goodbye: ${message.reason}`);
    }
  }

  /** What is not made any more is not sent later either, and no ack of it is waited for. */
  #demand(renditions: readonly string[]): void {
    const wasWanted = this.#isWanted(this.#own);
    this.#demanded = renditions;
    this.#options.onDemand(renditions);
    for (const name of this.#offers) {
      if (renditions.includes(name)) continue;
      const undemanded = this.#renditions.find(name);
      undemanded?.lane.reset();
      if (name !== this.#own) undemanded?.gop.clear();
    }
    if (wasWanted || !this.#isConnected || !this.#isWanted(this.#own)) return;
    const own = this.#renditions.find(this.#own);
    if (own !== undefined) this.#replay(own, epochNowMs());
  }
}

/** Below whatever path a proxy serves ingest at. */
function publishUrl({ ingestUrl, streamId }: UplinkConfig): URL {
  return new URL(`${ingestUrl.pathname.replace(/\/$/, "")}/ingest/${streamId}`, ingestUrl);
}
