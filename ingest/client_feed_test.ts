import { epochNowMs, type Lagged, type Replay } from "@porthole/protocol";
import * as fc from "fast-check";
import assert from "node:assert/strict";
import { ClientFeed } from "./client_feed.ts";
import { ClientQueue } from "./client_queue.ts";
import { Discards } from "./discards.ts";
import { Hub } from "./hub.ts";
import { LinkPace } from "./link_pace.ts";
import { Metrics } from "./metrics.ts";
import type { OutboundFrame } from "./outbound_frame.ts";
import { FakeSocket, RecordingWatcher } from "./testing/doubles.ts";
import { h264Frame, jpegFrame, outbound } from "./testing/frames.ts";

const MAX_AGE_MS = 500;
const PAYLOAD_BYTES = 20_000;

/** A feed at a hub, and a link that delivers when it is told to. */
class Setup {
  readonly hub = new Hub("cam");
  readonly socket = new FakeSocket();
  readonly metrics = new Metrics();
  readonly pace = new LinkPace();
  readonly queue = new ClientQueue(MAX_AGE_MS);
  readonly said: (Replay | Lagged)[] = [];
  readonly totals = { framesSent: 0, bytesSent: 0, framesDiscarded: 0 };
  readonly discards = new Discards(this.totals, this.metrics);
  readonly feed: ClientFeed;
  begun = 0;
  catchUpBytes = Infinity;
  nowMs = epochNowMs();

  constructor(rendition = "main") {
    this.feed = new ClientFeed({
      hub: this.hub,
      rendition,
      socket: this.socket,
      queue: this.queue,
      pace: this.pace,
      totals: this.totals,
      discards: this.discards,
      metrics: this.metrics,
      maxAgeMs: MAX_AGE_MS,
      catchUpBytes: () => this.catchUpBytes,
      say: (message) => this.said.push(message),
      onBegin: () => this.begun++,
      onBrokenOff: () => {},
    });
  }

  start(): void {
    this.feed.start(this.nowMs);
  }

  publish(seq: number, key = false, bytes = 6): void {
    const data = new Uint8Array(bytes);
    new DataView(data.buffer).setUint32(0, bytes - 4);
    this.hub.publish(
      outbound(h264Frame(seq, key, { data, timestamp: Math.round(this.nowMs) })),
      this.nowMs,
    );
  }

  publishJpeg(seq: number): void {
    this.hub.publish(outbound(jpegFrame({ seq, rendition: "jpeg" })), this.nowMs);
  }

  ack(seq: number, rendition = "main"): void {
    this.queue.acknowledge(rendition, seq, this.nowMs);
    this.feed.roomMade(this.nowMs);
  }

  /** What joins now gets. */
  get gop(): readonly OutboundFrame[] {
    const watcher = new RecordingWatcher();
    using _watching = this.hub.watch("main", watcher, this.nowMs);
    return watcher.gops.at(-1) ?? [];
  }

  get seqs(): unknown[] {
    return this.socket.messages.map((message) => message["seq"]);
  }
}

Deno.test("frames before the first keyframe are no loss; after a loss everything is", () => {
  const setup = new Setup();
  setup.start();
  setup.publish(1);
  assert.deepEqual([setup.begun, setup.totals.framesDiscarded], [0, 0]);
  setup.publish(2, true);
  setup.publish(3);
  setup.socket.bufferedBytes = 9 * 1024 * 1024;
  setup.publish(4);
  setup.socket.bufferedBytes = 1;
  setup.publish(5);
  assert.deepEqual(setup.seqs, [2, 3]);
  setup.publish(6, true);
  assert.deepEqual(setup.seqs, [2, 3, 6]);
  assert.deepEqual(setup.said, [{ type: "lagged", discarded: 2 }]);
  assert.deepEqual([setup.begun, setup.totals.framesDiscarded], [1, 2]);
  assert.equal(setup.metrics.framesDiscarded, 2);
  assert.deepEqual(setup.metrics.discardedBy, { behind: 2, replaced: 0, outdated: 0 });
});

Deno.test("who joins gets the GOP at once, marked as a replay; a keyframe alone is none", () => {
  const joined = new Setup();
  joined.publish(1, true);
  joined.publish(2);
  joined.start();
  joined.publish(3);
  assert.deepEqual(joined.said, [{ type: "replay", rendition: "main", untilSeq: 2 }]);
  assert.deepEqual(joined.seqs, [1, 2, 3]);
  const alone = new Setup();
  alone.publish(1, true);
  alone.start();
  assert.deepEqual([alone.said, alone.seqs], [[], [1]]);
});

Deno.test("a GOP too large for who plays already is not sent: the next keyframe is waited for", () => {
  const setup = new Setup();
  for (let seq = 1; seq <= 10; seq++) setup.publish(seq, seq === 1, PAYLOAD_BYTES);
  setup.catchUpBytes = 100_000;
  setup.start();
  setup.publish(11);
  assert.deepEqual(setup.seqs, []);
  setup.publish(12, true);
  assert.deepEqual(setup.seqs, [12]);
});

Deno.test("a long GOP goes out as the socket takes it, and what comes meanwhile in its place", () => {
  const setup = new Setup();
  for (let seq = 1; seq <= 30; seq++) setup.publish(seq, seq === 1, PAYLOAD_BYTES);
  setup.socket.fillsUp = true;
  setup.start();
  const first = setup.seqs.length;
  assert.ok(first > 10 && first < 20, `${first} frames fill the window`);
  setup.nowMs += 33;
  setup.publish(31);
  assert.equal(setup.seqs.length, first, "nothing overtakes");
  setup.socket.bufferedBytes = 0;
  setup.feed.roomMade(setup.nowMs);
  setup.socket.bufferedBytes = 0;
  setup.feed.roomMade(setup.nowMs);
  setup.socket.bufferedBytes = 0;
  setup.publish(32);
  assert.deepEqual(setup.seqs, Array.from({ length: 32 }, (_, index) => index + 1));
});

Deno.test("a replay that the link does not keep up with is given up after the bound", () => {
  const setup = new Setup();
  for (let seq = 1; seq <= 30; seq++) setup.publish(seq, seq === 1, PAYLOAD_BYTES);
  setup.socket.fillsUp = true;
  setup.start();
  const sent = setup.seqs.length;
  setup.nowMs += MAX_AGE_MS + 1;
  setup.publish(31);
  setup.socket.bufferedBytes = 0;
  setup.publish(32);
  assert.equal(setup.seqs.length, sent);
  setup.publish(33, true);
  assert.equal(setup.seqs.at(-1), 33);
  const discarded = 32 - sent;
  assert.deepEqual(setup.said.at(-1), { type: "lagged", discarded }, "the rest of the replay, too");
  assert.equal(setup.totals.framesDiscarded, discarded);
});

Deno.test("a replay that was handed over whole is over, however much of it the socket still holds", () => {
  const setup = new Setup();
  for (let seq = 1; seq <= 14; seq++) setup.publish(seq, seq === 1, PAYLOAD_BYTES);
  setup.socket.fillsUp = true;
  setup.start();
  assert.equal(setup.seqs.length, 14, "the last one fills the window");
  setup.ack(14);
  setup.nowMs += MAX_AGE_MS + 1;
  setup.publish(15);
  assert.equal(setup.seqs.at(-1), 15);
});

Deno.test("a replay is over with the next keyframe, which is not held up by it", () => {
  const setup = new Setup();
  for (let seq = 1; seq <= 30; seq++) setup.publish(seq, seq === 1, PAYLOAD_BYTES);
  setup.socket.fillsUp = true;
  setup.start();
  const sent = setup.seqs.length;
  setup.publish(31, true);
  setup.publish(32);
  assert.deepEqual(setup.seqs.slice(sent), [31, 32]);
  assert.deepEqual(setup.said.at(-1), { type: "lagged", discarded: 30 - sent });
});

Deno.test("behind and drained, it catches up by the cache without waiting for a keyframe", () => {
  const setup = new Setup();
  setup.start();
  setup.publish(1, true);
  setup.ack(1);
  setup.publish(2);
  setup.nowMs += MAX_AGE_MS + 1;
  setup.publish(3);
  assert.deepEqual(setup.seqs, [1, 2], "over the bound");
  setup.ack(2);
  assert.deepEqual(setup.seqs, [1, 2, 1, 2, 3]);
  setup.publish(4);
  assert.equal(setup.seqs.at(-1), 4);
  assert.deepEqual(setup.said, [{ type: "replay", rendition: "main", untilSeq: 3 }]);
  assert.equal(setup.totals.framesDiscarded, 0, "what came after all is no discard");
  assert.equal(setup.discards.refused, 1, "that it was behind is known");
});

Deno.test("in retreat nothing more goes out up to a keyframe, or until the link is empty", () => {
  const setup = new Setup();
  setup.start();
  setup.publish(1, true);
  setup.ack(1);
  setup.publish(2);
  setup.feed.retreat();
  setup.publish(3);
  assert.deepEqual(setup.seqs, [1, 2]);
  setup.publish(4, true);
  assert.deepEqual(setup.seqs, [1, 2, 4]);
  setup.feed.retreat();
  setup.publish(5);
  setup.ack(4);
  assert.deepEqual(setup.seqs, [1, 2, 4, 4, 5], "the cached GOP");
});

Deno.test("who retreats and lacks nothing once the link is empty goes on where it is", () => {
  const setup = new Setup();
  setup.start();
  setup.publish(1, true);
  setup.publish(2);
  setup.feed.retreat();
  setup.ack(2);
  setup.publish(3);
  assert.deepEqual(setup.seqs, [1, 2, 3]);
});

Deno.test("a publisher that comes back with what a viewer has already sends it nothing twice", () => {
  const setup = new Setup();
  setup.start();
  setup.publish(1, true);
  setup.publish(2);
  setup.feed.sourceRestarted();
  setup.feed.catchUp(setup.gop, setup.nowMs);
  setup.publish(3);
  assert.deepEqual(setup.seqs, [1, 2, 3]);
  assert.deepEqual(setup.said, []);
});

Deno.test("frames that nobody is handed are lost to those who watch, and to nobody else", () => {
  const setup = new Setup();
  setup.publish(1, true);
  setup.start();
  setup.publish(2);
  const gop = [...setup.gop, outbound(h264Frame(3, false)), outbound(h264Frame(4, false))];
  setup.feed.givenUp(gop);
  setup.publish(5);
  assert.deepEqual(setup.seqs, [1, 2], "a keyframe is waited for");
  setup.publish(6, true);
  assert.deepEqual(setup.said, [{ type: "lagged", discarded: 3 }]);
  const joining = new Setup();
  joining.start();
  joining.feed.givenUp(gop);
  joining.publish(6, true);
  assert.deepEqual(joining.said, []);
});

Deno.test("a viewer that leaves a rendition has lost what that still owed it", () => {
  const setup = new Setup();
  setup.start();
  setup.publish(1, true);
  setup.feed.retreat();
  setup.publish(2);
  assert.equal(setup.totals.framesDiscarded, 0, "the cache may bring it yet");
  setup.feed[Symbol.dispose]();
  assert.deepEqual([setup.totals.framesDiscarded, setup.discards.takeUntold()], [1, 1]);
});

Deno.test("of JPEGs a slow viewer gets the newest when there is room, and the others are lost to it", () => {
  const setup = new Setup("jpeg");
  setup.start();
  setup.publishJpeg(1);
  setup.ack(1, "jpeg");
  setup.publishJpeg(2);
  for (let seq = 3; seq <= 8; seq++) {
    setup.nowMs += 50;
    setup.publishJpeg(seq);
  }
  assert.deepEqual(setup.seqs, [1, 2, 3, 4, 5], "150 ms of it are on the way");
  setup.ack(5, "jpeg");
  assert.deepEqual(setup.seqs, [1, 2, 3, 4, 5, 8]);
  assert.equal(setup.totals.framesDiscarded, 2);
  assert.deepEqual(setup.metrics.discardedBy, { behind: 0, replaced: 2, outdated: 0 });
});

Deno.test("a JPEG that waited longer than the bound is not sent any more", () => {
  const setup = new Setup("jpeg");
  setup.start();
  setup.publishJpeg(1);
  setup.ack(1, "jpeg");
  setup.publishJpeg(2);
  setup.nowMs += 200;
  setup.publishJpeg(3);
  setup.nowMs += MAX_AGE_MS + 1;
  setup.ack(2, "jpeg");
  assert.deepEqual(setup.seqs, [1, 2]);
  setup.publishJpeg(4);
  assert.deepEqual(setup.seqs, [1, 2, 4]);
  assert.deepEqual(setup.metrics.discardedBy, { behind: 0, replaced: 0, outdated: 1 });
});

Deno.test("JPEGs are thinned out to what the viewer wants, which is no loss", () => {
  const setup = new Setup("jpeg");
  setup.feed.maxFps = 10;
  setup.start();
  for (let seq = 1; seq <= 30; seq++) {
    setup.publishJpeg(seq);
    setup.ack(seq, "jpeg");
    setup.nowMs += 1000 / 30;
  }
  assert.ok(Math.abs(setup.seqs.length - 10) <= 1, `${setup.seqs.length} in a second`);
  assert.equal(setup.totals.framesDiscarded, 0);
});

Deno.test("another source begins anew, with a numbering of its own", () => {
  const setup = new Setup();
  setup.start();
  setup.publish(100, true);
  setup.ack(100);
  setup.publish(101);
  setup.feed.sourceRestarted();
  setup.publish(1);
  setup.publish(2, true);
  assert.deepEqual(setup.seqs, [100, 101, 2]);
  setup.ack(2);
  assert.equal(setup.queue.backlog(0, setup.nowMs).bytes, 0);
});

Deno.test("nothing is sent to a socket that closes", () => {
  const setup = new Setup();
  setup.start();
  setup.publish(1, true);
  setup.socket.isOpen = false;
  setup.publish(2);
  setup.publish(3, true);
  assert.deepEqual(setup.seqs, [1]);
});

type Step =
  | { readonly do: "frame"; readonly key: boolean; readonly bytes: number }
  | { readonly do: "ack"; readonly part: number }
  | { readonly do: "drain"; readonly bytes: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      do: fc.constant("frame" as const),
      key: fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0),
      bytes: fc.constantFrom(100, 5_000, 60_000),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant("ack" as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({ do: fc.constant("drain" as const), bytes: fc.nat(300_000) }),
  },
  { weight: 9, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

Deno.test("whatever the link does, what is delivered decodes, and what is to be painted is not old", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(100), (steps, joinAt) => {
      const setup = new Setup();
      setup.socket.fillsUp = true;
      let seq = 0;
      const delivered: { seq: number; key: boolean; ageMs: number }[] = [];
      const take = () => {
        for (const message of setup.socket.messages.slice(delivered.length)) {
          const ageMs = setup.nowMs - Number(message["timestamp"]);
          // Where nothing newer exists, the newest is what a viewer who comes gets, however old.
          const isNewest = message["seq"] === seq;
          delivered.push({
            seq: Number(message["seq"]),
            key: message["key"] === true,
            ageMs: isNewest ? 0 : ageMs,
          });
        }
      };
      steps.forEach((each, index) => {
        if (index === joinAt) setup.start();
        // What is there for who joins is old or not before the next frame comes.
        take();
        if (each.do === "frame") setup.publish(++seq, each.key, each.bytes);
        else if (each.do === "wait") setup.nowMs += each.ms;
        else if (each.do === "restart") setup.feed.sourceRestarted();
        else if (each.do === "drain") {
          setup.socket.bufferedBytes = Math.max(0, setup.socket.bufferedBytes - each.bytes);
          setup.feed.roomMade(setup.nowMs);
        } else {
          const acked = delivered[Math.floor(each.part * delivered.length)];
          if (acked !== undefined) setup.ack(acked.seq);
        }
        take();
      });
      const replays = setup.said.flatMap((said) => said.type === "replay" ? [said.untilSeq] : []);
      let before: number | undefined;
      for (const { seq, key, ageMs } of delivered) {
        assert.ok(key || before === seq - 1, `frame ${seq} after ${before}`);
        const isReplayed = replays.some((untilSeq) => seq <= untilSeq);
        assert.ok(isReplayed || ageMs <= MAX_AGE_MS + 1, `frame ${seq} is ${ageMs} ms old`);
        before = seq;
      }
    }),
    { numRuns: 500 },
  );
});
