import {
  type CameraStatus,
  decodeMessage,
  type EncodedFrame,
  epochNowMs,
  GopCache,
  type IngestToProducerMessage,
  LengthPrefixDecodeStream,
  LIVE_CONTENT_TYPE,
  MAX_GOP_BYTES,
  MessageEncoder,
  type ProducerMessage,
  renditionOf,
} from "@porthole/protocol";
import { parseIngestToProducerMessage } from "@porthole/protocol/schema";
import { errorChain, logFor, sleep } from "@porthole/protocol/service";
import type { UplinkConfig } from "./config.ts";
import { FrameLane } from "./frame_lane.ts";
import { reconnectDelayMs } from "./reconnect.ts";
import { Wakeup } from "./wakeup.ts";

/** A publish that ended or could not begin. */
export class UplinkError extends Error {
  override readonly name = "UplinkError";

  /** @param retryable whether trying again can help without anybody changing something */
  constructor(message: string, readonly retryable: boolean, options?: ErrorOptions) {
    super(message, options);
  }
}

export interface UplinkOptions {
  readonly config: UplinkConfig;
  /** JPEG frames that may wait. */
  readonly maxWaitingJpegs: number;
  readonly software: string;
  /** Renditions this producer can make on demand. */
  readonly offers: readonly string[];
  readonly onDemand: (renditions: readonly string[]) => void;
  /** A frame arrived at ingest so many ms after it was offered, the way of its ack included. */
  readonly onDelivered: (delayMs: number) => void;
}

interface UplinkRendition {
  readonly gop: GopCache;
  readonly lane: FrameLane;
}

/** As for viewers: later than this and the frames are given up. */
const MAX_AGE_MS = 500;
/** Ingest asks for the time every two seconds: silence this long means it is gone. */
const SILENCE_MS = 6_000;
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
  readonly #renditions = new Map<string, UplinkRendition>();
  readonly #wakeup = new Wakeup();
  #control: Uint8Array[] = [];
  #status: CameraStatus = { type: "status", state: "connecting", cause: "" };
  #isConnected = false;
  #lastHeardMs = 0;

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  /** Frames given up because the link was slow. */
  get discarded(): number {
    return [...this.#renditions.values()].reduce((sum, { lane }) => sum + lane.discarded, 0);
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Sends a frame, encoded with its length prefix; keeps it for the GOP cache in any case. */
  offer(encoded: EncodedFrame): void {
    const { gop, lane } = this.#renditionOf(encoded);
    gop.add(encoded);
    if (this.#isConnected && lane.offer(encoded, epochNowMs())) this.#wakeup.wake();
  }

  setStatus(status: CameraStatus): void {
    this.#status = status;
    if (this.#isConnected) this.#send(status);
  }

  /** The source started anew: what was cached of it leads nowhere. */
  forgetGops(): void {
    for (const { gop } of this.#renditions.values()) gop.clear();
  }

  /** Publishes until `signal` is aborted; failures are logged and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = performance.now();
      try {
        await this.#publish(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (performance.now() - startedMs > SILENCE_MS) failures = 0;
        failures++;
        const retryMs = reconnectDelayMs(failures, isRetryable(error), Math.random());
        log.warn("not publishing to ingest", {
          cause: errorChain(error),
          failures,
          retryInS: Math.round(retryMs / 100) / 10,
        });
        await sleep(retryMs, signal);
      }
    }
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { config } = this.#options;
    const connection = new AbortController();
    const leave = () => {
      this.#send({ type: "bye", code: "shutdown", reason: "the producer was stopped" });
      setTimeout(() => connection.abort(signal.reason), GOODBYE_MS);
    };
    signal.addEventListener("abort", leave, { once: true });
    // One protocol a client: `fetch` would otherwise choose by ALPN.
    using client = Deno.createHttpClient({
      http1: config.httpVersion === "1.1",
      http2: config.httpVersion === "2",
    });
    this.#lastHeardMs = performance.now();
    const watchdog = setInterval(() => {
      if (performance.now() - this.#lastHeardMs > SILENCE_MS) {
        connection.abort(new UplinkError("ingest has fallen silent", true));
      }
    }, 1000);
    try {
      const response = await fetch(new URL(`/ingest/${config.streamId}`, config.ingestUrl), {
        method: "POST",
        client,
        signal: connection.signal,
        headers: {
          "content-type": LIVE_CONTENT_TYPE,
          ...(config.token === "" ? {} : { authorization: `Bearer ${config.token}` }),
        },
        body: this.#body(connection.signal),
      });
      if (response.status !== 200 || response.body === null) throw await refusal(response);
      log.info("publishing to ingest", {
        ingest: config.ingestUrl.href,
        stream: config.streamId,
        http: config.httpVersion,
      });
      for await (const message of response.body.pipeThrough(new LengthPrefixDecodeStream())) {
        this.#lastHeardMs = performance.now();
        const control = parseIngestToProducerMessage(decodeMessage(message));
        if (control !== undefined) this.#handle(control);
      }
      throw new UplinkError("ingest ended the publish", true);
    } finally {
      clearInterval(watchdog);
      signal.removeEventListener("abort", leave);
      this.#disconnect();
      connection.abort();
    }
  }

  /** The request's body: hello, the cached GOPs, then whatever is offered, as fast as it is taken. */
  #body(signal: AbortSignal): ReadableStream<Uint8Array> {
    signal.addEventListener("abort", () => this.#wakeup.wake(), { once: true });
    return new ReadableStream({
      start: () => this.#connect(),
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

  #connect(): void {
    this.#isConnected = true;
    const { software, offers } = this.#options;
    this.#send({ type: "hello", software, renditions: offers });
    this.#send(this.#status);
    for (const [rendition, { gop, lane }] of this.#renditions) {
      lane.reset();
      const untilSeq = gop.frames.at(-1)?.frame.seq;
      if (untilSeq === undefined) continue;
      this.#send({ type: "replay", rendition, untilSeq });
      for (const encoded of gop.frames) lane.offer(encoded, epochNowMs());
    }
  }

  #disconnect(): void {
    this.#isConnected = false;
    this.#control = [];
    for (const { lane } of this.#renditions.values()) lane.reset();
    this.#options.onDemand([]);
  }

  #send(message: ProducerMessage): void {
    this.#control.push(this.#encoder.encodePrefixed(message));
    this.#wakeup.wake();
  }

  #next(): Uint8Array | undefined {
    const control = this.#control.shift();
    if (control !== undefined) return control;
    for (const { lane } of this.#renditions.values()) {
      const encoded = lane.take();
      if (encoded !== undefined) return encoded.bytes;
    }
    return undefined;
  }

  #handle(message: IngestToProducerMessage): void {
    switch (message.type) {
      case "demand":
        log.debug("ingest wants renditions", { renditions: message.renditions });
        return this.#options.onDemand(message.renditions);
      case "clock": {
        const nowMs = epochNowMs();
        return this.#send({ type: "clock", t0: message.t0, t1: nowMs, t2: nowMs });
      }
      case "ack": {
        const lane = this.#renditions.get(message.rendition ?? "")?.lane;
        const offeredMs = lane?.offeredMs(message.seq);
        if (offeredMs !== undefined) this.#options.onDelivered(epochNowMs() - offeredMs);
        return lane?.acknowledge(message.seq);
      }
      case "bye":
        throw new UplinkError(`ingest said goodbye: ${message.reason}`, true);
    }
  }

  #renditionOf({ frame }: EncodedFrame): UplinkRendition {
    const name = renditionOf(frame);
    const known = this.#renditions.get(name);
    if (known !== undefined) return known;
    const bounds = { maxBytes: MAX_GOP_BYTES, maxAgeMs: MAX_AGE_MS };
    const isJpeg = name === "jpeg";
    const rendition = {
      gop: new GopCache(),
      lane: new FrameLane(
        isJpeg ? { bounds, maxWaiting: this.#options.maxWaitingJpegs } : { bounds },
      ),
    };
    this.#renditions.set(name, rendition);
    return rendition;
  }
}

function isRetryable(error: unknown): boolean {
  return !(error instanceof UplinkError) || error.retryable;
}

/** What ingest's refusal says, with what to do about it where that is known. */
async function refusal(response: Response): Promise<UplinkError> {
  const body = (await response.text()).slice(0, 500);
  const cure = CURES[response.status];
  return new UplinkError(
    `ingest answered ${response.status}: ${body}${cure === undefined ? "" : ` (${cure})`}`,
    cure === undefined,
  );
}

const CURES: Readonly<Record<number, string>> = {
  401: "set PUBLISH_TOKEN to the token ingest was given",
  404: "is INGEST_URL a Porthole ingest?",
  409: "another producer publishes this stream; give this one another STREAM_ID",
};
