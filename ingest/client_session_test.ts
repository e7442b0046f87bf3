import { epochNowMs, MAX_VIEWER_MESSAGE_BYTES, MessageEncoder } from "@porthole/protocol";
import assert from "node:assert/strict";
import { install } from "@sinonjs/fake-timers";
import { ClientSession } from "./client_session.ts";
import { Hub } from "./hub.ts";
import { Metrics } from "./metrics.ts";
import { FakeSocket, RecordingPublisher } from "./testing/doubles.ts";
import { encode, h264Frame, h265Frame, jpegFrame, outbound } from "./testing/frames.ts";

class Setup {
  readonly hub = new Hub("cam");
  readonly socket: FakeSocket;
  readonly metrics = new Metrics();
  readonly session: ClientSession;
  ends = 0;

  constructor(speaksControl = true) {
    const { hub, metrics } = this;
    const socket = this.socket = new FakeSocket(speaksControl);
    const onEnd = () => this.ends++;
    const encoder = new MessageEncoder();
    const options = { socket, hub, encoder, metrics, maxAgeMs: 500, onEnd };
    this.session = new ClientSession(options, epochNowMs());
  }

  say(message: object): void {
    this.session.receive(encode(message), true);
  }

  sayHello(codecs = ["avc1", "jpeg"]): void {
    this.say({ type: "hello", codecs });
  }

  publish(seq: number, key = false, nowMs = epochNowMs(), bytes = 6): void {
    const data = new Uint8Array(bytes);
    new DataView(data.buffer).setUint32(0, bytes - 4);
    this.hub.publish(outbound(h264Frame(seq, key, { data })), nowMs);
  }

  publishLow(seq: number, key = false, nowMs = epochNowMs()): void {
    this.hub.publish(outbound(h264Frame(seq, key, { rendition: "low", width: 16 })), nowMs);
  }

  publishJpeg(): void {
    this.hub.publish(outbound(jpegFrame()), epochNowMs());
  }

  /** A publisher that makes `low` and `jpeg` when they are wanted. */
  attachPublisher(): RecordingPublisher {
    const publisher = new RecordingPublisher();
    publisher.offers = ["low", "jpeg"];
    this.hub.attach(publisher, epochNowMs());
    return publisher;
  }

  get frames(): number {
    return this.socket.types.filter((type) => type === "frame").length;
  }

  /** Rendition and `seq` of each frame, in order. */
  get sent(): string[] {
    return this.socket.messages.filter(({ type }) => type === undefined)
      .map(({ rendition, seq }) => `${rendition} ${seq}`);
  }

  get qualities(): string[] {
    return this.socket.messages.filter(({ type }) => type === "quality")
      .map(({ rendition, reason }) => `${rendition}: ${reason}`);
  }
}

Deno.test("a viewer is told of the stream first, gets frames after hello, and which ones", () => {
  const setup = new Setup();
  setup.publish(1, true);
  assert.deepEqual(setup.socket.types, ["stream", "stream"], "no frame before hello");
  setup.publish(2);
  setup.sayHello();
  setup.publish(3);
  assert.deepEqual(setup.socket.types.slice(2), ["quality", "replay", "frame", "frame", "frame"]);
  const replay = setup.socket.messages.find(({ type }) => type === "replay");
  assert.deepEqual(replay, { type: "replay", rendition: "main", untilSeq: 2 });
  assert.equal(setup.metrics.framesSent, 3);
});

Deno.test("a keyframe alone is no replay: it is live", () => {
  const setup = new Setup();
  setup.publish(1, true);
  setup.sayHello();
  assert.deepEqual(setup.socket.types.slice(2), ["quality", "frame"]);
});

Deno.test("a plain viewer gets JPEG frames and nothing else, and is listened to in nothing", () => {
  const setup = new Setup(false);
  setup.publish(1, true);
  setup.publishJpeg();
  setup.session.receive(new TextEncoder().encode("text"), false);
  setup.session.receive(new Uint8Array(100_000), true);
  setup.say({ type: "pause" });
  setup.publishJpeg();
  setup.session.close("shutdown", "going down");
  assert.deepEqual(setup.socket.types, ["frame", "frame"]);
  assert.ok(setup.socket.messages.every((message) => !("codec" in message)));
  assert.equal(setup.socket.closedWith?.code, 1001);
});

Deno.test("a viewer that falls behind loses whole GOPs and is told how much", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  setup.socket.bufferedBytes = 9 * 1024 * 1024;
  setup.publish(2);
  setup.publish(3);
  setup.socket.bufferedBytes = 0;
  setup.publish(4);
  setup.publish(5, true);
  const { messages } = setup.socket;
  assert.deepEqual(messages.at(-2), { type: "lagged", discarded: 3 });
  assert.equal(messages.at(-1)?.["seq"], 5);
  assert.equal(setup.metrics.framesDiscarded, 3);
  setup.publish(6);
  assert.equal(setup.socket.types.filter((type) => type === "lagged").length, 1);
});

Deno.test("pause stops the frames, resume begins anew with the GOP", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  setup.say({ type: "pause" });
  setup.publish(2);
  assert.equal(setup.frames, 1);
  setup.say({ type: "resume" });
  assert.equal(setup.frames, 3, "frames 1 and 2 as a GOP");
  setup.say({ type: "resume" });
  assert.equal(setup.frames, 3, "resuming what plays changes nothing");
});

Deno.test("pausing before hello holds", () => {
  const setup = new Setup();
  setup.publish(1, true);
  setup.say({ type: "pause" });
  setup.sayHello();
  assert.equal(setup.frames, 0);
  setup.say({ type: "resume" });
  assert.equal(setup.frames, 1);
});

Deno.test("select goes over to another rendition, which begins with a keyframe", () => {
  const setup = new Setup();
  const publisher = setup.attachPublisher();
  setup.publish(1, true);
  setup.sayHello();
  setup.say({ type: "select", rendition: "low" });
  assert.deepEqual(publisher.demands, [["low"]]);
  setup.publish(2);
  setup.publishLow(70);
  assert.deepEqual(setup.qualities, ["main: best there is"], "not before it comes");
  setup.publishLow(71, true);
  setup.publish(3);
  assert.deepEqual(setup.sent, ["main 1", "main 2", "low 71"], "no picture is missing in between");
  assert.deepEqual(setup.qualities, ["main: best there is", "low: selected by hand"]);
  assert.deepEqual(setup.socket.types.slice(-2), ["quality", "frame"]);
});

Deno.test("a viewer goes over to JPEG when the camera turns out to be published as that", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publishJpeg();
  assert.equal(setup.frames, 1);
  setup.publishJpeg();
  assert.equal(setup.frames, 2);
});

Deno.test("a clock question is answered at once", () => {
  const setup = new Setup();
  const beforeMs = epochNowMs();
  setup.say({ type: "clock", t0: 5 });
  const { type, t0, t1, t2 } = setup.socket.messages.at(-1) ?? {};
  assert.deepEqual([type, t0], ["clock", 5]);
  assert.ok(Number(t1) >= beforeMs && Number(t2) >= Number(t1) && Number(t2) <= epochNowMs());
});

Deno.test("the answer says how long what the viewer gets took to get here", () => {
  const setup = new Setup();
  const publisher = setup.attachPublisher();
  publisher.clockOffsetMs = 5_000;
  setup.say({ type: "clock", t0: 5 });
  assert.equal("uplinkMs" in (setup.socket.messages.at(-1) ?? {}), false, "nothing comes");
  setup.sayHello();
  const nowMs = epochNowMs();
  const frame = h264Frame(1, true, { timestamp: Math.round(nowMs) + 5_000 - 40 });
  setup.hub.publish(outbound(frame), nowMs);
  setup.say({ type: "clock", t0: 6 });
  const uplinkMs = Number(setup.socket.messages.at(-1)?.["uplinkMs"]);
  assert.ok(Math.abs(uplinkMs - 40) <= 1, `${uplinkMs}`);
});

const REPORT = { type: "report", latencyMs: { p50: 60, p95: 80, p99: 90 }, fps: 30 };

Deno.test("how a viewer says it plays is told to operators, and forgotten when it pauses", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.say(REPORT);
  const playback = () => setup.session.report(epochNowMs()).playback;
  assert.equal(playback(), null, "who was sent no frame has none to tell of");
  setup.publish(1, true);
  setup.say(REPORT);
  assert.deepEqual(playback(), { latencyMs: REPORT.latencyMs, fps: 30 });
  setup.say({ type: "pause" });
  assert.equal(playback(), null);
  assert.equal(setup.socket.closedWith, undefined);
});

Deno.test("acks of another rendition than the one being sent are not taken for this one's", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  setup.say({ type: "ack", seq: 999, rendition: "low" });
  setup.socket.bufferedBytes = 1;
  const laterMs = epochNowMs() + 600;
  setup.hub.publish(outbound(h264Frame(2, false)), laterMs);
  assert.equal(setup.frames, 1, "still judged by its socket, which has not been empty for 600 ms");
});

const OFFENCES = {
  "text": [new TextEncoder().encode("hello"), false, 1008, "invalid_control"],
  "garbage": [new Uint8Array([0xc1]), true, 1008, "malformed"],
  "a control message with a field missing": [
    encode({ type: "hello" }),
    true,
    1008,
    "invalid_control",
  ],
  "a report of a year": [
    encode({ type: "report", latencyMs: { p50: 1, p95: 2, p99: 31_536_000_000 }, fps: 30 }),
    true,
    1008,
    "invalid_control",
  ],
  "a frame": [encode(jpegFrame()), true, 1008, "invalid_control"],
  "a message too long": [new Uint8Array(MAX_VIEWER_MESSAGE_BYTES + 1), true, 1009, "too_large"],
} as const;
for (const [name, [data, isBinary, closeCode, code]] of Object.entries(OFFENCES)) {
  Deno.test(`${name} ends the session: bye, then close ${closeCode}`, () => {
    const setup = new Setup();
    setup.sayHello();
    setup.session.receive(data, isBinary);
    assert.equal(setup.socket.messages.at(-1)?.["type"], "bye");
    assert.equal(setup.socket.messages.at(-1)?.["code"], code);
    assert.equal(setup.socket.closedWith?.code, closeCode);
    assert.equal(setup.ends, 1, "at once: its socket may take long to close");
    assert.equal(setup.hub.isIdle(epochNowMs() + 60_000), true, "it has left");
  });
}

Deno.test("a type this version does not know is ignored", () => {
  const setup = new Setup();
  setup.say({ type: "applause", loud: true });
  assert.equal(setup.socket.closedWith, undefined);
});

Deno.test("a session that has ended starts nothing anew, whatever is still said", () => {
  const setup = new Setup();
  setup.session.receive(new TextEncoder().encode("text"), false);
  setup.sayHello();
  setup.say({ type: "resume" });
  setup.session.tick(epochNowMs());
  setup.session[Symbol.dispose]();
  assert.equal(setup.ends, 1);
  assert.equal(setup.hub.isIdle(epochNowMs() + 60_000), true);
});

Deno.test("a viewer that resumes over and over without reading is not sent a GOP each time", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  setup.socket.bufferedBytes = 2 * 1024 * 1024;
  for (let round = 0; round < 40; round++) {
    setup.say({ type: "pause" });
    setup.say({ type: "resume" });
  }
  assert.equal(setup.frames, 1);
  setup.socket.bufferedBytes = 0;
  setup.publish(2);
  assert.equal(setup.frames, 1, "it has no keyframe to build on");
  setup.publish(3, true);
  assert.equal(setup.frames, 2);
});

Deno.test("a viewer that asks on and on without reading the answers is given up", () => {
  const setup = new Setup();
  setup.socket.bufferedBytes = 25 * 1024 * 1024;
  setup.say({ type: "clock", t0: 1 });
  assert.equal(setup.socket.messages.at(-1)?.["code"], "unread");
  assert.equal(setup.socket.closedWith?.code, 1008);
});

Deno.test("nothing is sent to a socket that closes", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  const before = setup.socket.sent.length;
  setup.socket.isOpen = false;
  setup.publish(2, true);
  setup.say({ type: "clock", t0: 1 });
  assert.equal(setup.socket.sent.length, before);
});

Deno.test("before its hello a viewer gets no frame, pause and resume or not", () => {
  const setup = new Setup();
  setup.publish(1, true);
  setup.say({ type: "pause" });
  setup.say({ type: "resume" });
  setup.publish(2);
  assert.equal(setup.frames, 0);
  setup.sayHello();
  assert.equal(setup.frames, 2);
});

Deno.test("a viewer that loses frames goes to low, which is made for it, and stays there for now", () => {
  const setup = new Setup();
  const publisher = setup.attachPublisher();
  let nowMs = epochNowMs();
  setup.sayHello();
  setup.publish(1, true, nowMs, 500_000);
  setup.say({ type: "ack", seq: 1 });
  setup.publish(2, false, nowMs, 500_000);
  nowMs += 1_500;
  setup.publish(3, false, nowMs);
  setup.session.tick(nowMs);
  assert.deepEqual(publisher.demands, [["low"]]);
  setup.publishLow(1, true, nowMs);
  assert.deepEqual(
    setup.sent,
    ["main 1", "main 2"],
    "2 is on its way for 1.5 s: nothing goes behind it",
  );
  setup.say({ type: "ack", seq: 2 });
  setup.publishLow(2, false, nowMs + 10);
  setup.publishLow(3, true, nowMs + 20);
  setup.publish(4, true, nowMs + 20);
  assert.deepEqual(setup.sent.slice(-1), ["low 3"]);
  assert.deepEqual(setup.qualities.at(-1), "low: the link is too slow for more");
});

Deno.test("a viewer that does not answer a ping is cut off, and out at once", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  const startMs = epochNowMs();
  for (let ms = 0; ms <= 10_000; ms += 250) setup.session.tick(startMs + ms);
  assert.equal(setup.socket.pings, 1);
  assert.equal(setup.socket.isDestroyed, true);
  assert.equal(setup.ends, 1);
  assert.equal(setup.hub.isIdle(epochNowMs() + 60_000), true, "it has left");
  assert.equal(setup.metrics.clientsGivenUp, 1);
  setup.publish(2);
  assert.equal(setup.frames, 1);
});

Deno.test("one that answers is kept, with control or without", () => {
  for (const speaksControl of [true, false]) {
    const setup = new Setup(speaksControl);
    const startMs = epochNowMs();
    let answered = 0;
    for (let ms = 0; ms <= 60_000; ms += 250) {
      setup.session.tick(startMs + ms);
      if (setup.socket.pings > answered) {
        answered++;
        setup.session.ponged(startMs + ms + 20);
      }
    }
    assert.ok(answered > 15);
    assert.equal(setup.socket.isOpen, true);
    assert.equal(setup.session.report(startMs).roundTripMs > 0, true);
  }
});

Deno.test("an operator is told what a viewer gets, why, and how late it is", () => {
  const setup = new Setup();
  assert.equal(setup.session.report(epochNowMs()).rendition, null);
  setup.sayHello();
  const nowMs = epochNowMs();
  setup.publish(1, true, nowMs);
  setup.say({ type: "ack", seq: 1, rendition: "main" });
  setup.publish(2, false, nowMs);
  const report = setup.session.report(nowMs + 100);
  assert.deepEqual(
    [setup.session.streamId, report.rendition, report.selected, report.reason, report.framesSent],
    ["cam", "main", "auto", "best there is", 2],
  );
  assert.ok(report.ageMs > 0 && report.ageMs <= 100, `${report.ageMs}`);
  assert.ok(report.bytesInFlight > 0 && report.bytesSent > report.bytesInFlight);
  setup.say({ type: "pause" });
  assert.match(setup.session.report(nowMs).reason, /paused/);
});

Deno.test("a viewer that says far too much is shown out", () => {
  const setup = new Setup();
  for (let count = 0; count < 100; count++) setup.say({ type: "clock", t0: count });
  assert.equal(setup.socket.isOpen, true);
  setup.session.tick(epochNowMs());
  for (let count = 0; count < 100; count++) setup.say({ type: "clock", t0: count });
  assert.equal(setup.socket.isOpen, true, "so much in a quarter of a second is allowed");
  setup.say({ type: "clock", t0: 101 });
  assert.equal(setup.socket.messages.at(-1)?.["code"], "flood");
});

Deno.test("who pauses and resumes over and over does not get a whole long GOP each time", () => {
  const setup = new Setup();
  for (let seq = 1; seq <= 30; seq++) setup.publish(seq, seq === 1, epochNowMs(), 20_000);
  setup.sayHello();
  assert.equal(setup.frames, 30);
  for (let round = 0; round < 10; round++) {
    setup.say({ type: "pause" });
    setup.say({ type: "resume" });
  }
  assert.equal(setup.frames, 30, "the next keyframe is waited for");
});

Deno.test("what nobody makes is not waited for while something else runs", () => {
  const setup = new Setup();
  setup.attachPublisher();
  setup.publish(1, true);
  setup.say({ type: "select", rendition: "low" });
  setup.sayHello();
  assert.equal(setup.frames, 0);
  const laterMs = epochNowMs() + 16_000;
  setup.session.tick(laterMs);
  assert.deepEqual(setup.sent, ["main 1"]);
});

Deno.test("a plain viewer that falls behind is not told of it", () => {
  const setup = new Setup(false);
  setup.publishJpeg();
  setup.socket.bufferedBytes = 9 * 1024 * 1024;
  for (let count = 0; count < 3; count++) setup.publishJpeg();
  setup.socket.bufferedBytes = 0;
  setup.publishJpeg();
  assert.ok(setup.metrics.framesDiscarded > 0);
  assert.deepEqual(setup.socket.types, ["frame", "frame"]);
});

/** How long a preview goes before what it previews. */
const PREVIEW_ALONE_MS = 50;

/** A camera in the middle of a long GOP, whose `low` runs; its sessions' timers are the test's. */
class LongGop extends Setup {
  readonly #clock = install({ toFake: ["setTimeout", "clearTimeout"] });

  constructor({ mainFrames = 100, lowFrames = 10, bytes = 6 } = {}) {
    super();
    this.attachPublisher();
    for (let seq = 1; seq <= mainFrames; seq++) this.publish(seq, seq === 1, epochNowMs(), bytes);
    for (let seq = 1; seq <= lowFrames; seq++) this.publishLow(seq, seq === 1);
  }

  /** Past what the cache keeps: the next keyframe of `main` has to be waited for. */
  outgrow(): void {
    const longAgo = { timestamp: Date.now() - 11_000 };
    this.hub.publish(outbound(h264Frame(1, true, longAgo)), epochNowMs());
    this.publish(2);
  }

  pass(ms: number): void {
    this.#clock.tick(ms);
  }

  get timers(): number {
    return this.#clock.countTimers();
  }

  [Symbol.dispose](): void {
    this.session[Symbol.dispose]();
    this.#clock.uninstall();
  }
}

function seqsOf(rendition: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${rendition} ${index + 1}`);
}

Deno.test("who joins a long GOP is sent low's before it, and is told of main alone", () => {
  using setup = new LongGop();
  const before = setup.socket.messages.length;
  setup.sayHello();
  setup.pass(PREVIEW_ALONE_MS - 1);
  setup.publishLow(11);
  setup.publish(101);
  assert.deepEqual(setup.sent, seqsOf("low", 11), "it has the link for itself");
  setup.pass(1);
  setup.publishLow(12);
  setup.publish(102);
  const said = setup.socket.messages.slice(before).filter(({ type }) => type !== undefined);
  assert.deepEqual(said.map(({ type, rendition, untilSeq }) => [type, rendition, untilSeq]), [
    ["quality", "main", undefined],
    ["replay", "low", 10],
    ["replay", "main", 101],
  ]);
  assert.deepEqual(setup.sent, [...seqsOf("low", 11), ...seqsOf("main", 102)]);
  assert.equal(setup.socket.types.indexOf("replay"), before + 1);
  assert.equal(setup.socket.types.lastIndexOf("replay"), before + 13);
});

Deno.test("acks of a preview and of what follows it empty the account of both", () => {
  using setup = new LongGop();
  setup.sayHello();
  setup.pass(PREVIEW_ALONE_MS);
  const nowMs = epochNowMs();
  const inFlight = () => setup.session.report(nowMs).bytesInFlight;
  setup.say({ type: "ack", seq: 4, rendition: "low" });
  const [withSixOfLow, frames] = [inFlight(), setup.session.report(nowMs).framesSent];
  setup.say({ type: "ack", seq: 10, rendition: "low" });
  assert.ok(inFlight() < withSixOfLow);
  assert.ok(inFlight() > 0);
  setup.say({ type: "ack", seq: 100, rendition: "main" });
  const { rendition, reason, bytesInFlight, ageMs, framesDiscarded } = setup.session.report(nowMs);
  assert.deepEqual([bytesInFlight, ageMs, framesDiscarded, frames], [0, 0, 0, 110]);
  assert.deepEqual([rendition, reason], ["main", "best there is"]);
});

Deno.test("after a pause it is shown low first again, also where the whole GOP is not due again", () => {
  using setup = new LongGop({ bytes: 20_000 });
  setup.sayHello();
  setup.pass(PREVIEW_ALONE_MS);
  const joined = setup.sent.length;
  setup.say({ type: "pause" });
  setup.say({ type: "resume" });
  setup.pass(PREVIEW_ALONE_MS);
  setup.publishLow(11);
  assert.deepEqual(setup.sent.slice(joined), seqsOf("low", 11), "low goes on while it waits");
  setup.publish(101, true);
  setup.publishLow(12);
  assert.deepEqual(setup.sent.slice(-1), ["main 101"]);
  assert.deepEqual(setup.qualities, ["main: best there is"]);
});

Deno.test("who pauses, leaves or chooses during the preview is not sent what was to follow", () => {
  const ends: ((setup: LongGop) => void)[] = [
    (setup) => setup.say({ type: "pause" }),
    (setup) => setup.say({ type: "select", rendition: "low" }),
    (setup) => setup.session.close("shutdown", "going down"),
  ];
  for (const end of ends) {
    using setup = new LongGop();
    setup.sayHello();
    assert.equal(setup.timers, 1);
    end(setup);
    assert.equal(setup.timers, 0);
    setup.pass(1_000);
    assert.deepEqual(setup.sent, seqsOf("low", 10));
  }
});

Deno.test("there is no preview for who gets low or JPEG, or the GOP of main soon enough", () => {
  const joins: [hello: object, mainFrames: number, sent: string[]][] = [
    [{ codecs: ["avc1", "jpeg"], maxWidth: 16 }, 100, seqsOf("low", 10)],
    [{ codecs: ["jpeg"] }, 100, ["jpeg 7"]],
    [{ codecs: ["avc1", "jpeg"] }, 20, seqsOf("main", 20)],
  ];
  for (const [hello, mainFrames, sent] of joins) {
    using setup = new LongGop({ mainFrames });
    setup.hub.publish(outbound(jpegFrame({ rendition: "jpeg", seq: 7 })), epochNowMs());
    setup.say({ type: "hello", ...hello });
    assert.deepEqual([setup.sent, setup.timers], [sent, 0]);
  }
});

Deno.test("without a cached GOP low is shown until main's keyframe, however long that takes", () => {
  using setup = new LongGop({ lowFrames: 0 });
  setup.outgrow();
  setup.sayHello();
  assert.equal(setup.frames, 0);
  setup.publishLow(1, true);
  setup.publishLow(2);
  setup.publish(3);
  assert.deepEqual(setup.sent, seqsOf("low", 2));
  const laterMs = epochNowMs() + 16_000;
  for (let ms = 0; ms <= 1_000; ms += 250) setup.publish(4 + ms / 250, false, laterMs + ms);
  setup.session.tick(laterMs + 1_000);
  assert.deepEqual(setup.qualities, ["main: best there is"], "main does come");
  setup.publishLow(3, false, laterMs + 1_000);
  setup.publish(9, true, laterMs + 1_000);
  setup.publishLow(4, false, laterMs + 1_000);
  assert.deepEqual(setup.sent, [...seqsOf("low", 3), "main 9"]);
});

Deno.test("who is shown low and then selects it goes on with it, and gets no long GOP later", () => {
  using setup = new LongGop({ lowFrames: 1 });
  setup.outgrow();
  setup.sayHello();
  setup.pass(PREVIEW_ALONE_MS);
  setup.say({ type: "select", rendition: "low" });
  setup.publishLow(2);
  assert.deepEqual(setup.sent, seqsOf("low", 2), "the same frames are not sent again");
  assert.deepEqual(setup.qualities, ["main: best there is", "low: selected by hand"]);
  for (let seq = 10; seq < 40; seq++) setup.publish(seq, seq === 10, epochNowMs(), 20_000);
  setup.say({ type: "select", rendition: "main" });
  setup.pass(PREVIEW_ALONE_MS);
  setup.publish(40);
  setup.publishLow(3);
  assert.deepEqual(setup.sent, seqsOf("low", 3), "it waits for a keyframe like any who plays");
});

Deno.test("a link that does not keep up with what follows loses it as ever, and goes to low", () => {
  using setup = new LongGop({ bytes: 20_000 });
  setup.socket.fillsUp = true;
  setup.sayHello();
  setup.pass(PREVIEW_ALONE_MS);
  const sent = setup.sent.length;
  assert.ok(sent > 10 && sent < 30, "low and as much of main as the window takes");
  const laterMs = epochNowMs() + 1_100;
  setup.publish(101, false, laterMs);
  setup.session.tick(laterMs);
  assert.equal(setup.sent.length, sent);
  setup.socket.bufferedBytes = 0;
  setup.publishLow(11, true, laterMs);
  assert.deepEqual(setup.sent.slice(sent), ["low 11"]);
  assert.equal(setup.qualities.at(-1), "low: the link is too slow for more");
});

Deno.test("who chose main on a link too thin for its GOP sees low go on until the next keyframe", () => {
  using setup = new LongGop({ bytes: 20_000 });
  setup.socket.fillsUp = true;
  setup.say({ type: "select", rendition: "main" });
  setup.sayHello();
  setup.pass(PREVIEW_ALONE_MS);
  const sent = setup.sent.length;
  const laterMs = epochNowMs() + 1_100;
  setup.publishLow(11, false, laterMs);
  setup.publish(101, false, laterMs);
  setup.socket.fillsUp = false;
  setup.socket.bufferedBytes = 0;
  setup.publishLow(12, true, laterMs);
  setup.publish(102, false, laterMs);
  setup.publishLow(13, false, laterMs);
  setup.session.tick(laterMs);
  assert.deepEqual(setup.sent.slice(sent), ["low 12", "low 13"]);
  setup.publish(103, true, laterMs);
  setup.publishLow(14, false, laterMs);
  setup.publish(104, false, laterMs);
  assert.deepEqual(setup.sent.slice(sent + 2), ["main 103", "main 104"]);
  assert.deepEqual(setup.qualities, ["main: selected by hand"]);
});

Deno.test("a GOP that outgrows the cache while it is sent leaves no picture standing still", () => {
  using setup = new LongGop({ bytes: 20_000 });
  setup.socket.fillsUp = true;
  setup.sayHello();
  setup.pass(PREVIEW_ALONE_MS);
  const sent = setup.sent.length;
  const late = { timestamp: Date.now() + 11_000 };
  setup.hub.publish(outbound(h264Frame(101, false, late)), epochNowMs());
  setup.publish(102);
  setup.socket.bufferedBytes = 0;
  setup.socket.fillsUp = false;
  setup.publishLow(11, true);
  setup.publish(103);
  setup.publishLow(12);
  assert.deepEqual(setup.sent.slice(sent), ["low 11", "low 12"]);
  setup.publish(104, true);
  setup.publishLow(13);
  assert.deepEqual(setup.sent.slice(sent + 2), ["main 104"]);
});

Deno.test("a GOP that broke off, and was made up for by a keyframe, is no reason to fall back later", () => {
  using setup = new LongGop({ bytes: 20_000 });
  setup.socket.fillsUp = true;
  setup.sayHello();
  setup.pass(PREVIEW_ALONE_MS);
  for (let seq = 101; seq <= 130; seq++) setup.publish(seq, seq === 101);
  setup.socket.bufferedBytes = 9 * 1024 * 1024;
  setup.publish(131);
  setup.socket.bufferedBytes = 0;
  setup.socket.fillsUp = false;
  const sent = setup.sent.length;
  setup.publishLow(11, true);
  setup.publish(132);
  setup.publish(133, true);
  assert.equal(setup.sent[sent - 1], "main 130");
  assert.deepEqual(setup.sent.slice(sent), ["main 133"]);
});

/** A publisher that has connected, and finds its camera to send H.265 when it is told to. */
function setupOfH265() {
  const setup = new Setup();
  const publisher = setup.attachPublisher();
  return {
    ...{ setup, publisher },
    turnToH265() {
      publisher.offers = ["main", "low", "jpeg"];
      setup.hub.publisherChanged(epochNowMs());
    },
    publishSource(seq: number, key = false) {
      setup.hub.publish(outbound(h265Frame(seq, key)), epochNowMs());
    },
  };
}

Deno.test("who plays H.265 gets the camera's own, and no H.264 is made for it, ever", () => {
  const { setup, publisher, turnToH265, publishSource } = setupOfH265();
  setup.sayHello(["hvc1", "avc1", "jpeg"]);
  turnToH265();
  publishSource(1, true);
  publishSource(2);
  setup.session.tick(epochNowMs());
  assert.deepEqual(setup.sent, ["source 1", "source 2"]);
  assert.deepEqual(publisher.demands, []);
  assert.equal(setup.qualities.at(-1), "source: best there is");
});

Deno.test("who does not gets H.264 that is made of it, and is told why", () => {
  const { setup, publisher, turnToH265, publishSource } = setupOfH265();
  setup.sayHello(["avc1", "jpeg"]);
  turnToH265();
  publishSource(1, true);
  assert.deepEqual([setup.sent, publisher.demands], [[], [["main"]]]);
  setup.publish(1, true);
  assert.deepEqual(setup.sent, ["main 1"]);
  assert.match(setup.qualities.at(-1) ?? "", /^main: .*the camera sends H.265/);
});

Deno.test("whose decoder fails on H.265 says so, and gets H.264 from its first keyframe on", () => {
  const { setup, publisher, turnToH265, publishSource } = setupOfH265();
  turnToH265();
  publishSource(1, true);
  setup.sayHello(["hvc1", "avc1", "jpeg"]);
  assert.deepEqual([setup.sent, publisher.demands], [["source 1"], []]);
  setup.sayHello(["avc1", "jpeg"]);
  assert.deepEqual(publisher.demands, [["main"]]);
  setup.publish(1, true);
  publishSource(2);
  assert.deepEqual(setup.sent, ["source 1", "main 1"]);
  setup.session[Symbol.dispose]();
});

Deno.test("a GOP that broke off is told of to its end, whatever is shown in its place, or nothing", () => {
  for (const showsLow of [true, false]) {
    using setup = new LongGop({ bytes: 20_000 });
    setup.socket.fillsUp = true;
    setup.sayHello();
    setup.pass(PREVIEW_ALONE_MS);
    const sent = setup.sent.filter((name) => name.startsWith("main")).length;
    const laterMs = epochNowMs() + 600;
    setup.publish(101, false, laterMs);
    setup.publish(102, false, laterMs);
    setup.socket.bufferedBytes = 0;
    if (showsLow) setup.publishLow(11, true, laterMs);
    setup.publish(103, false, laterMs);
    setup.publish(104, true, laterMs);
    const lagged = setup.socket.messages.filter(({ type }) => type === "lagged");
    const discarded = (showsLow ? 102 : 103) - sent;
    assert.deepEqual(lagged, [{ type: "lagged", discarded }]);
    assert.deepEqual(setup.sent.slice(-2), [showsLow ? "low 11" : `main ${sent}`, "main 104"]);
  }
});
