import { epochNowMs, MAX_VIEWER_MESSAGE_BYTES } from "@porthole/protocol";
import assert from "node:assert/strict";
import { ClientSession } from "./client_session.ts";
import { Hub } from "./hub.ts";
import { Metrics } from "./metrics.ts";
import { FakeSocket, RecordingPublisher } from "./testing/doubles.ts";
import { encode, encoded, h264Frame, jpegFrame } from "./testing/frames.ts";

class Setup {
  readonly hub = new Hub("cam");
  readonly socket = new FakeSocket();
  readonly metrics = new Metrics();
  readonly session: ClientSession;

  constructor(speaksControl = true) {
    const { hub, socket, metrics } = this;
    this.session = new ClientSession({ socket, hub, metrics, maxAgeMs: 500, speaksControl });
    this.session.start();
  }

  say(message: object): void {
    const { buffer } = encode(message).slice();
    this.session.receive(buffer);
  }

  sayHello(codecs = ["avc1", "jpeg"]): void {
    this.say({ type: "hello", codecs });
  }

  publish(seq: number, key = false): void {
    this.hub.publish(encoded(h264Frame(seq, key)), epochNowMs());
  }

  publishJpeg(): void {
    this.hub.publish(encoded(jpegFrame()), epochNowMs());
  }

  get frames(): number {
    return this.socket.types.filter((type) => type === "frame").length;
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
  setup.session.receive("text");
  setup.session.receive(new ArrayBuffer(100_000));
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
  setup.socket.bufferedAmount = 9 * 1024 * 1024;
  setup.publish(2);
  setup.publish(3);
  setup.socket.bufferedAmount = 0;
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
  const publisher = new RecordingPublisher();
  publisher.offers = ["low"];
  setup.hub.attach(publisher, epochNowMs());
  setup.sayHello();
  setup.publish(1, true);
  setup.say({ type: "select", rendition: "low" });
  assert.deepEqual(publisher.demands, [["low"]]);
  setup.publish(2);
  const low = (seq: number, key: boolean) =>
    setup.hub.publish(encoded(h264Frame(seq, key, { rendition: "low" })), epochNowMs());
  low(70, false);
  low(71, true);
  const seqs = setup.socket.messages.flatMap((m) => "seq" in m ? [m["seq"]] : []);
  assert.deepEqual(seqs, [1, 71]);
  const qualities = setup.socket.messages.filter(({ type }) => type === "quality");
  assert.equal(qualities.at(-1)?.["rendition"], "low");
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

Deno.test("acks of another rendition than the one being sent are not taken for this one's", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  setup.say({ type: "ack", seq: 999, rendition: "low" });
  setup.socket.bufferedAmount = 1;
  const laterMs = epochNowMs() + 600;
  setup.hub.publish(encoded(h264Frame(2, false)), laterMs);
  assert.equal(setup.frames, 1, "still judged by its socket, which has not been empty for 600 ms");
});

const OFFENCES = {
  "text": ["hello", 1008, "invalid_control"],
  "garbage": [new Uint8Array([0xc1]).buffer, 1008, "malformed"],
  "a control message with a field missing": [
    encode({ type: "hello" }).slice().buffer,
    1008,
    "invalid_control",
  ],
  "a frame": [encode(jpegFrame()).slice().buffer, 1008, "invalid_control"],
  "a message too long": [new ArrayBuffer(MAX_VIEWER_MESSAGE_BYTES + 1), 1009, "too_large"],
} as const;
for (const [name, [data, closeCode, code]] of Object.entries(OFFENCES)) {
  Deno.test(`${name} ends the session: bye, then close ${closeCode}`, () => {
    const setup = new Setup();
    setup.sayHello();
    setup.session.receive(data);
    assert.equal(setup.socket.messages.at(-1)?.["type"], "bye");
    assert.equal(setup.socket.messages.at(-1)?.["code"], code);
    assert.equal(setup.socket.closedWith?.code, closeCode);
    assert.ok(new TextEncoder().encode(setup.socket.closedWith?.reason).byteLength <= 123);
    assert.equal(setup.hub.viewerCount, 0);
  });
}

Deno.test("a type this version does not know is ignored", () => {
  const setup = new Setup();
  setup.say({ type: "applause", loud: true });
  assert.equal(setup.socket.closedWith, undefined);
});

Deno.test("a session that has ended starts nothing anew, whatever is still said", () => {
  const setup = new Setup();
  setup.session.receive("text");
  setup.sayHello();
  setup.say({ type: "resume" });
  setup.session.start();
  assert.equal(setup.hub.isIdle(epochNowMs() + 60_000), true);
});

Deno.test("a session that was closed before its socket opened starts nothing", () => {
  const hub = new Hub("cam");
  const socket = new FakeSocket();
  const metrics = new Metrics();
  const options = { socket, hub, metrics, maxAgeMs: 500, speaksControl: false };
  const session = new ClientSession(options);
  session.close("shutdown", "going down");
  session.start();
  assert.equal(hub.isIdle(epochNowMs()), true);
});

Deno.test("a viewer that resumes over and over without reading is not sent a GOP each time", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  setup.socket.bufferedAmount = 2 * 1024 * 1024;
  for (let round = 0; round < 100; round++) {
    setup.say({ type: "pause" });
    setup.say({ type: "resume" });
  }
  assert.equal(setup.frames, 1);
  setup.socket.bufferedAmount = 0;
  setup.publish(2);
  assert.equal(setup.frames, 1, "it has no keyframe to build on");
  setup.publish(3, true);
  assert.equal(setup.frames, 2);
});

Deno.test("a viewer that asks on and on without reading the answers is given up", () => {
  const setup = new Setup();
  setup.socket.bufferedAmount = 25 * 1024 * 1024;
  setup.say({ type: "clock", t0: 1 });
  assert.equal(setup.socket.messages.at(-1)?.["code"], "unread");
  assert.equal(setup.socket.closedWith?.code, 1008);
});

Deno.test("a hub is held from the upgrade on, not only from the moment the socket is open", () => {
  const hub = new Hub("cam");
  const socket = new FakeSocket();
  socket.readyState = 0;
  const metrics = new Metrics();
  const options = { socket, hub, metrics, maxAgeMs: 500, speaksControl: true };
  using _session = new ClientSession(options);
  assert.equal(hub.isIdle(epochNowMs()), false);
  hub.post(encoded(jpegFrame()), epochNowMs());
  assert.deepEqual(socket.sent, [], "nothing is sent before it is open");
});

Deno.test("nothing is sent to a socket that closes", () => {
  const setup = new Setup();
  setup.sayHello();
  setup.publish(1, true);
  const before = setup.socket.sent.length;
  setup.socket.readyState = 2;
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

Deno.test("a session that ends by itself says so at once: its socket may take long to close", () => {
  let ends = 0;
  const [hub, metrics] = [new Hub("cam"), new Metrics()];
  const socket = new FakeSocket();
  const session = new ClientSession({
    ...{ socket, hub, metrics, maxAgeMs: 500, speaksControl: true },
    onEnd: () => ends++,
  });
  session.start();
  session.receive("text");
  assert.deepEqual([ends, socket.closedWith?.code], [1, 1008]);
});
