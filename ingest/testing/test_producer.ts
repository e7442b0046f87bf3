import assert from "node:assert/strict";
import { decodeMessage, LengthPrefixParser, LIVE_CONTENT_TYPE } from "@porthole/protocol";
import { eventually } from "./eventually.ts";
import type { ClockShift } from "./clock_shift.ts";
import { encode, h264Frame, lengthPrefixed } from "./frames.ts";
import type { TestIngest } from "./test_ingest.ts";
import { within } from "./within.ts";

export type Answer = Readonly<Record<string, unknown>>;

/** The other end of a live publish: sends what it is told and keeps all it is answered. */
export class TestProducer implements AsyncDisposable {
  readonly answers: Answer[] = [];
  readonly #abort = new AbortController();
  /** Far from what tests send by themselves. */
  #seq = 1_000_000;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Resolves, never rejects, once ingest's side has ended. */
  ended: Promise<void> = Promise.resolve();

  private constructor() {}

  /** @throws {Error} when ingest does not answer 200 while the body is open */
  static async publish(
    ingest: TestIngest,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<TestProducer> {
    const producer = new TestProducer();
    const response = await producer.#request(ingest, path, headers);
    if (response.status !== 200 || response.body === null) {
      producer.end();
      throw new Error(`ingest answered ${response.status}: ${await response.text()}`);
    }
    producer.ended = producer.#read(response.body);
    return producer;
  }

  send(message: object): void {
    this.sendRaw(lengthPrefixed(encode(message)));
  }

  /** Bytes as they are, length prefix and all. */
  sendRaw(bytes: Uint8Array): void {
    this.#body?.enqueue(bytes);
  }

  /** The first answer of a type that fits, come or to come. */
  answer(type: string, fits: (answer: Answer) => boolean = () => true): Promise<Answer> {
    return eventually(
      `an answer "${type}" among ${JSON.stringify(this.answers.map((answer) => answer["type"]))}`,
      () => this.answers.find((answer) => answer["type"] === type && fits(answer)),
    );
  }

  /** Lets time pass as for a producer that is heard all the while, with a keyframe each second. */
  async liveOn(clock: ClockShift, ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1_000) {
      clock.advance(Math.min(left, 1_000));
      const seq = ++this.#seq;
      this.send(h264Frame(seq, true));
      await this.answer("ack", (ack) => ack["seq"] === seq);
    }
  }

  /** Ends the body properly. */
  end(): void {
    this.#body?.close();
    this.#body = undefined;
  }

  /** Cuts the connection. */
  abort(): void {
    this.#abort.abort();
    // Deno has been seen to leave a read pending at the abort; one that it ended is in error.
    this.#reader?.cancel().catch((error: unknown) => assert.ok(error instanceof Error));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort();
    await within("the end of a publish", this.ended);
  }

  #request(
    ingest: TestIngest,
    path: string,
    headers: Record<string, string>,
  ): Promise<Response> {
    return ingest.fetch(path, {
      method: "POST",
      headers: { "content-type": LIVE_CONTENT_TYPE, ...headers },
      signal: this.#abort.signal,
      body: new ReadableStream<Uint8Array>({
        start: (controller) => void (this.#body = controller),
        cancel: () => void (this.#body = undefined),
      }),
    });
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    try {
      const parser = new LengthPrefixParser();
      this.#reader = body.getReader();
      for (let read = await this.#reader.read(); !read.done; read = await this.#reader.read()) {
        for (const message of parser.push(read.value)) {
          this.answers.push(decodeMessage(message) as Answer);
        }
      }
    } catch (error) {
      // Cut off by this side's abort, or by the server's going: an end as any other.
      if (!(error instanceof Error)) throw error;
    }
    this.end();
  }
}
