import {
  decodeMessage,
  epochNowMs,
  type Frame,
  isFrame,
  isKeyframe,
  MessageEncoder,
  renditionOf,
} from "@porthole/protocol";
import { install } from "@sinonjs/fake-timers";
import assert from "node:assert/strict";
import { ClientSession } from "../client_session.ts";
import { Hub } from "../hub.ts";
import { CacheBudget } from "../limits/cache_budget.ts";
import { Metrics } from "../metrics.ts";
import { FakeSocket, RecordingPublisher } from "./doubles.ts";
import { encode, h264Frame, jpegFrame, outbound } from "./frames.ts";

export const RENDITIONS = ["main", "low", "jpeg"] as const;
export type Rendition = (typeof RENDITIONS)[number];

/** One rendition at its producer: its numbers, and the GOP that is kept for an ingest that comes back. */
class Source {
  readonly gop: Frame[] = [];
  #seq = 0;
  #needsKey = true;

  constructor(readonly rendition: Rendition) {}

  next(key: boolean, bytes: number): Frame {
    const timestamp = Math.round(epochNowMs());
    const seq = this.#seq++;
    if (this.rendition === "jpeg") {
      this.gop.length = 0;
      this.gop.push(jpegFrame({ seq, timestamp, rendition: "jpeg" }));
    } else {
      const data = new Uint8Array(bytes);
      new DataView(data.buffer).setUint32(0, bytes - 4);
      const isKey = key || this.#needsKey;
      if (isKey) this.gop.length = 0;
      this.#needsKey = false;
      this.gop.push(h264Frame(seq, isKey, { data, timestamp, rendition: this.rendition }));
    }
    return this.gop.at(-1) ?? assert.fail();
  }

  /** Frames are discarded up to the next keyframe. */
  discard(count: number): void {
    this.#seq += count;
    this.#needsKey = true;
  }
}

/** What a viewer can tell of what it lost, and what really was published meanwhile. */
class ViewerLedger {
  told = 0;
  /** Of stretches that are over. */
  lost = 0;
  readonly #published = new Map<string, string[]>();
  #rendition: string | undefined;
  #from = 0;
  #newest: Frame | undefined;
  readonly #had = new Set<string>();

  published(frame: Frame): void {
    const name = renditionOf(frame);
    const before = this.#published.get(name) ?? [];
    this.#published.set(name, before);
    if (!before.includes(idOf(frame))) before.push(idOf(frame));
  }

  received(frame: Frame): void {
    const name = renditionOf(frame);
    const isDecodable = isKeyframe(frame) ||
      name === this.#rendition && frame.seq === (this.#newest?.seq ?? NaN) + 1;
    assert.ok(isDecodable, `${name} ${idOf(frame)} follows ${this.#newest?.seq}`);
    this.#newest = frame;
    if (name !== this.#rendition) {
      this.ends();
      this.#rendition = name;
      this.#from = this.#published.get(name)?.indexOf(idOf(frame)) ?? -1;
      assert.notEqual(this.#from, -1, "what was never published is sent");
    }
    this.#had.add(idOf(frame));
  }

  /** Lost by now, or not sent yet. */
  get lacking(): number {
    if (this.#rendition === undefined) return 0;
    const since = (this.#published.get(this.#rendition) ?? []).slice(this.#from);
    return since.filter((id) => !this.#had.has(id)).length;
  }

  leftFor(rendition: string): void {
    if (rendition !== this.#rendition) this.ends();
  }

  ends(): void {
    this.lost += this.lacking;
    this.#rendition = undefined;
    this.#had.clear();
  }
}

function idOf({ seq, timestamp }: Frame): string {
  return `${seq} of ${timestamp}`;
}

/** A producer, a hub and one viewer, whose link carries what it is told to. */
export class WatchedStream implements Disposable {
  readonly metrics = new Metrics();
  readonly ledger = new ViewerLedger();
  readonly #clock = install({
    toFake: ["setTimeout", "clearTimeout", "performance"],
    now: 1_760_000_000_000,
  });
  readonly #hub: Hub;
  readonly #socket = new FakeSocket();
  readonly #session: ClientSession;
  #sources = new Map(RENDITIONS.map((rendition) => [rendition, new Source(rendition)]));
  #publisher: RecordingPublisher | undefined;
  #readMessages = 0;
  #received: Frame[] = [];

  constructor(cacheBytes: number) {
    this.#hub = new Hub("cam", { cache: new CacheBudget(cacheBytes) });
    this.#socket.fillsUp = true;
    const { metrics } = this;
    const encoder = new MessageEncoder();
    const options = { socket: this.#socket, hub: this.#hub, encoder, metrics, maxAgeMs: 500 };
    this.#session = new ClientSession({ ...options, onEnd() {} }, epochNowMs());
    this.connect();
    this.say({ type: "hello", codecs: ["avc1", "jpeg"] });
  }

  say(message: object): void {
    this.#session.receive(encode(message), true);
    this.#read();
  }

  pause(): void {
    this.say({ type: "pause" });
    this.ledger.ends();
  }

  produce(rendition: Rendition, key: boolean, bytes: number): void {
    const frame = this.#sourceOf(rendition).next(key, bytes);
    if (this.#publisher !== undefined) this.#publish(frame);
  }

  discard(rendition: Rendition, count: number): void {
    this.#sourceOf(rendition).discard(count);
  }

  /** @param share how much of each GOP it brings before it is too slow for the rest; 1 for all */
  connect(share = 1): void {
    this.disconnect();
    this.#publisher = new RecordingPublisher();
    this.#publisher.offers = ["low", "jpeg"];
    this.#hub.attach(this.#publisher, epochNowMs());
    this.#read();
    for (const source of this.#sources.values()) {
      const { gop, rendition } = source;
      const untilSeq = gop.at(-1)?.seq;
      if (untilSeq === undefined) continue;
      this.#hub.expectReplay(rendition, untilSeq);
      const brought = gop.slice(0, Math.ceil(share * gop.length));
      if (brought.length < gop.length) source.discard(0);
      for (const frame of brought) this.#publish(frame);
    }
  }

  disconnect(): void {
    if (this.#publisher === undefined) return;
    this.#hub.detach(this.#publisher, epochNowMs());
    this.#publisher = undefined;
    this.#read();
  }

  /** Another producer, with numbers of its own. */
  replace(): void {
    this.disconnect();
    this.#sources = new Map(RENDITIONS.map((rendition) => [rendition, new Source(rendition)]));
    this.connect();
  }

  drain(bytes: number): void {
    this.#socket.bufferedBytes = Math.max(0, this.#socket.bufferedBytes - bytes);
    this.#session.drained(epochNowMs());
    this.#read();
  }

  /** @param part of what has come by now, the newest with 1 */
  ack(part: number): void {
    const { length } = this.#received;
    const frame = this.#received[Math.min(length - 1, Math.floor(part * length))];
    if (frame === undefined) return;
    this.say({ type: "ack", seq: frame.seq, rendition: renditionOf(frame) });
  }

  wait(ms: number): void {
    this.#clock.tick(ms);
    this.#read();
    this.#session.tick(epochNowMs());
    this.#read();
    if (this.#socket.bufferedBytes === 0) this.#session.ponged(epochNowMs());
    this.#hub.tick(epochNowMs());
    this.#read();
  }

  /** All that is owed is told with the next frame, and there is one when the link is empty. */
  settle(): void {
    this.say({ type: "resume" });
    this.connect();
    for (let round = 0; round < 3; round++) {
      this.drain(Infinity);
      this.ack(1);
      this.wait(250);
      for (const rendition of RENDITIONS) this.produce(rendition, true, 100);
    }
    this.drain(Infinity);
    this.ack(1);
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
    this.#clock.uninstall();
  }

  #sourceOf(rendition: Rendition): Source {
    return this.#sources.get(rendition) ?? assert.fail();
  }

  #publish(frame: Frame): void {
    this.#clock.tick(1);
    this.#read();
    this.ledger.published(frame);
    this.#hub.publish(outbound(frame), epochNowMs());
    this.#read();
  }

  #read(): void {
    const messages = this.#socket.sent.slice(this.#readMessages).map((bytes) =>
      decodeMessage(bytes)
    );
    this.#readMessages = this.#socket.sent.length;
    for (const message of messages) {
      if (isFrame(message)) {
        this.#received.push(message);
        this.ledger.received(message);
        continue;
      }
      const { type, discarded, rendition } = Object(message);
      if (type === "lagged") this.ledger.told += discarded;
      // From now on it is to get another one, or does already.
      if (type === "quality") this.ledger.leftFor(rendition);
    }
  }
}
