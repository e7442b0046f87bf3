import {
  controlTypeOf,
  decodeMessage,
  epochNowMs,
  isFrame,
  MessageEncoder,
} from "@porthole/protocol";
import { ClientSession } from "../../../../ingest/client_session.ts";
import { Hub } from "../../../../ingest/hub.ts";
import { Metrics } from "../../../../ingest/metrics.ts";
import { FakeSocket, RecordingPublisher } from "../../../../ingest/testing/doubles.ts";
import { h264Frame, jpegFrame, outbound } from "../../../../ingest/testing/frames.ts";
import { GOLDEN_VIEWER_MESSAGES } from "../corpus.ts";
import { anyMap, likeMessage } from "../messagepack.ts";
import { mutate } from "../mutation.ts";
import type { Random } from "../random.ts";
import { ACCEPTED, type FuzzTarget, promise } from "../target.ts";
import { scriptOf, type Step, stepsOf } from "./script.ts";

const MESSAGE = 0;
const TEXT = 1;
const FRAME = 2;
const TICK = 3;
const PONG = 4;
const BUFFERED = 5;
const KINDS: readonly number[] = [
  ...[MESSAGE, MESSAGE, MESSAGE, MESSAGE, FRAME, FRAME, FRAME, TICK, PONG, BUFFERED],
];
const BYE_CODES = ["invalid_control", "malformed", "too_large", "too_deep", "flood", "unread"];
const CLOSE_CODES = [1001, 1008, 1009];
const RENDITIONS: readonly string[] = ["main", "low", "jpeg"];

/** A viewer's session: whatever it says, and when, it gets whole GOPs or a goodbye with a code. */
export function sessionTarget(): FuzzTarget {
  return {
    name: "session",
    perMille: 25,
    generate(random) {
      const steps = Array.from(
        { length: 2 + random.below(60) },
        (_, index) => stepOf(random, index),
      );
      return scriptOf(steps);
    },
    run(input, random) {
      const room = new Room(random.chance(0.9));
      try {
        for (const step of stepsOf(input)) room.take(step);
        return room.outcome();
      } finally {
        room.session[Symbol.dispose]();
      }
    },
  };
}

function stepOf(random: Random, index: number): Step {
  const kind = index === 0 ? FRAME : random.pick(KINDS);
  if (kind === TEXT || random.chance(0.01)) return { kind: TEXT, payload: random.bytes(5) };
  if (kind !== MESSAGE) return { kind, payload: random.bytes(2) };
  const message = random.chance(0.05)
    ? anyMap(random)
    : likeMessage(random.pick(GOLDEN_VIEWER_MESSAGES), random);
  return { kind, payload: random.chance(0.02) ? mutate(message, random) : message };
}

/** A hub with a well-behaved publisher, and one viewer that is not. */
class Room {
  readonly #hub = new Hub("default");
  readonly #socket: FakeSocket;
  readonly session: ClientSession;
  readonly #seqs = new Map<string, number>();
  readonly #startMs = epochNowMs();
  #nowMs = this.#startMs;
  #ends = 0;

  constructor(speaksControl: boolean) {
    const publisher = new RecordingPublisher();
    publisher.offers = ["low", "jpeg"];
    this.#hub.attach(publisher, this.#nowMs);
    this.#socket = new FakeSocket(speaksControl);
    this.#socket.fillsUp = true;
    this.session = new ClientSession({
      socket: this.#socket,
      hub: this.#hub,
      encoder: new MessageEncoder(),
      metrics: new Metrics(),
      maxAgeMs: 500,
      onEnd: () => this.#ends++,
    }, this.#nowMs);
  }

  take({ kind, payload }: Step): void {
    const [a = 0, b = 0] = payload;
    switch (kind) {
      case MESSAGE:
        return this.session.receive(payload, true);
      case TEXT:
        return this.session.receive(payload, false);
      case FRAME:
        return this.#publish(RENDITIONS[a % 3] ?? "main", b % 4 === 0);
      case TICK:
        this.#nowMs += a * 10;
        this.#hub.tick(this.#nowMs);
        return this.session.tick(this.#nowMs);
      case PONG:
        return this.session.ponged(this.#nowMs);
      case BUFFERED:
        this.#socket.bufferedBytes = a < 250 ? a * b : a * 2 ** 20;
        return this.#socket.bufferedBytes === 0 ? this.session.drained(this.#nowMs) : undefined;
    }
  }

  outcome(): string {
    this.session.report(this.#nowMs);
    promise(this.#ends <= 1, `it ended ${this.#ends} times`);
    const messages = this.#socket.sent.map((bytes) => decodeMessage(bytes));
    assertWholeGops(messages);
    const types = messages.map(controlTypeOf);
    if (!this.#socket.speaksControl) {
      promise(types.every((type) => type === undefined), "a plain viewer was told something");
    }
    const closed = this.#socket.closedWith;
    if (closed === undefined) return this.#socket.isDestroyed ? "given up" : ACCEPTED;
    promise(CLOSE_CODES.includes(closed.code), `close code ${closed.code}`);
    promise(this.#ends === 1, "closed, and it goes on");
    if (!this.#socket.speaksControl) return "closed without a word";
    const bye = messages.at(-1);
    promise(types.at(-1) === "bye" && types.indexOf("bye") === types.length - 1, "no goodbye");
    const code = typeof bye === "object" && bye !== null && "code" in bye ? String(bye.code) : "";
    promise(BYE_CODES.includes(code), `goodbye with ${code}`);
    return code;
  }

  #publish(rendition: string, isKey: boolean): void {
    const seq = (this.#seqs.get(rendition) ?? -1) + 1;
    this.#seqs.set(rendition, seq);
    const key = isKey || seq === 0;
    const timestamp = Math.round(this.#nowMs);
    const frame = rendition === "jpeg"
      ? jpegFrame({ timestamp, seq, rendition, codec: "jpeg", key: true })
      : h264Frame(seq, key, { timestamp, rendition });
    this.#hub.publish(outbound(frame), this.#nowMs);
  }
}

/** A delta frame comes right behind the one it needs, and within one rendition. */
function assertWholeGops(messages: readonly unknown[]): void {
  let before: { rendition: string | undefined; seq: number } | undefined;
  for (const message of messages) {
    if (!isFrame(message)) continue;
    const { rendition, seq = NaN, key = false } = message;
    const follows = before?.rendition === rendition && seq === (before?.seq ?? NaN) + 1;
    promise(
      key || follows,
      `delta frame ${rendition} ${seq} behind ${before?.rendition} ${before?.seq}`,
    );
    before = { rendition, seq };
  }
}
