import {
  decodeMessage,
  type Frame,
  type IngestToProducerMessage,
  isFrame,
  LengthPrefixDecodeStream,
  MessageEncoder,
} from "@porthole/protocol";
import { parseProducerMessage } from "@porthole/protocol/schema";
import assert from "node:assert/strict";
import { until } from "./fixtures.ts";

/** A frame by its number, or a control message. */
export type Received = number | ReturnType<typeof parseProducerMessage>;

/** One live publish as ingest has it. */
export class FakePublish {
  readonly received: Received[] = [];
  readonly frames: Frame[] = [];
  readonly #encoder = new MessageEncoder();
  #answers: ReadableStreamDefaultController<Uint8Array> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #resume: (() => void) | undefined;
  hasEnded = false;

  constructor(readonly request: Request, readonly acknowledges: boolean) {}

  open(): Response {
    const answers = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#answers = controller),
      cancel: () => void (this.#answers = undefined),
    });
    void this.#receive();
    return new Response(answers);
  }

  say(message: IngestToProducerMessage): void {
    this.#answers?.enqueue(this.#encoder.encodePrefixed(message));
  }

  end(): void {
    this.#answers?.close();
    this.#answers = undefined;
  }

  stopReading(): void {
    this.#reading = new Promise((resolve) => this.#resume = resolve);
  }

  resumeReading(): void {
    this.#resume?.();
  }

  get controls(): readonly Exclude<Received, number>[] {
    return this.received.filter((received) => typeof received !== "number");
  }

  get seqs(): readonly number[] {
    return this.frames.map(({ seq = NaN }) => seq);
  }

  async #receive(): Promise<void> {
    assert.ok(this.request.body !== null);
    try {
      for await (const bytes of this.request.body.pipeThrough(new LengthPrefixDecodeStream())) {
        await this.#reading;
        this.#take(decodeMessage(bytes));
        if (this.controls.at(-1)?.type === "bye") break;
      }
    } catch {
      // The producer cut the connection: an end like any other.
    }
    this.hasEnded = true;
    this.end();
  }

  #take(message: unknown): void {
    if (!isFrame(message)) return void this.received.push(parseProducerMessage(message));
    const { seq = NaN, rendition = "main" } = message;
    this.frames.push(message);
    this.received.push(seq);
    if (this.acknowledges) this.say({ type: "ack", seq, rendition });
  }
}

/** Takes publishes as ingest does, or refuses them, on a free port. */
export class FakeIngest implements AsyncDisposable {
  readonly publishes: FakePublish[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly url: URL;
  /** What the next publishes are refused with, if they are. */
  refusal: (() => Response) | undefined;
  acknowledges = true;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
    this.url = new URL(`http://127.0.0.1:${this.#server.addr.port}`);
  }

  /** The publish of this number, from 0 on, when it has introduced itself. */
  async publish(index = 0): Promise<FakePublish> {
    await until(() => this.publishes.length > index, `publish ${index} began`);
    const publish = this.publishes[index];
    assert.ok(publish !== undefined);
    await until(() => publish.received.length >= 2, `publish ${index} said hello and its status`);
    return publish;
  }

  async #answer(request: Request): Promise<Response> {
    if (this.refusal !== undefined) {
      await request.body?.cancel();
      return this.refusal();
    }
    const publish = new FakePublish(request, this.acknowledges);
    this.publishes.push(publish);
    return publish.open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const publish of this.publishes) {
      publish.resumeReading();
      publish.end();
    }
    await this.#server.shutdown();
  }
}
