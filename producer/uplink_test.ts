import FakeTimers from "@sinonjs/fake-timers";
import { type EncodedFrame, epochNowMs, type Frame, MessageEncoder } from "@porthole/protocol";
import { sleep } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { FakeIngest } from "./testing/fake_ingest.ts";
import { captureLog, until } from "./testing/fixtures.ts";
import { Uplink } from "./uplink.ts";

const GOP_FRAMES = 10;
const HELLO = { type: "hello", software: "test/1", renditions: ["jpeg"] };
const CONNECTING = { type: "status", state: "connecting", cause: "" };
const JPEG = { codec: "jpeg", rendition: "jpeg" };
const NEVER = new AbortController().signal;
const encoder = new MessageEncoder();

function encoded(frame: Partial<Frame> & { readonly seq: number }): EncodedFrame {
  const whole: Frame = {
    timestamp: Math.round(epochNowMs()),
    width: 16,
    height: 16,
    codec: "avc1.42c00a",
    key: frame.seq % GOP_FRAMES === 0,
    rendition: "main",
    data: Uint8Array.of(0, 0, 0, 1, 0x65),
    ...frame,
  };
  return { frame: whole, bytes: encoder.encodePrefixed(whole) };
}

/** An uplink that runs until it is disposed of, and what it told its owner. */
class RunningUplink implements AsyncDisposable {
  readonly uplink: Uplink;
  readonly demands: (readonly string[])[] = [];
  readonly deliveriesMs: number[] = [];
  readonly restarts: string[] = [];
  whenDemanded: () => void = () => {};
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    ingestUrl: URL,
    httpVersion: "1.1" | "2",
    token = "",
    before: EncodedFrame[] = [],
    offers: readonly string[] = HELLO.renditions,
  ) {
    this.uplink = new Uplink({
      config: { ingestUrl, streamId: "front-door", httpVersion, token },
      maxWaitingJpegs: 1,
      software: HELLO.software,
      offers,
      onDemand: (renditions) => {
        this.demands.push(renditions);
        this.whenDemanded();
      },
      onDelivered: (delayMs) => this.deliveriesMs.push(delayMs),
      onRestart: (cause) => this.restarts.push(cause),
    });
    for (const frame of before) this.uplink.offer(frame);
    this.#running = this.uplink.run(this.#abort.signal);
  }

  offer(from: number, to: number, fields: Partial<Frame> = {}): void {
    for (let seq = from; seq < to; seq++) this.uplink.offer(encoded({ ...fields, seq }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }
}

function assertDecodable(seqs: readonly number[]): void {
  seqs.forEach((seq, index) => {
    assert.ok(seq % GOP_FRAMES === 0 || seqs[index - 1] === seq - 1, `${seqs} at ${index}`);
  });
}

for (const version of ["1.1", "2"] as const) {
  const test = (name: string, body: () => Promise<void>) =>
    Deno.test(`HTTP/${version}: ${name}`, body);

  test("hello and status come first, then frames as they are offered, byte by byte", async () => {
    await using ingest = new FakeIngest();
    await using running = new RunningUplink(ingest.url, version, "let-me-publish");
    const publish = await ingest.publish();
    assert.equal(publish.request.method, "POST");
    assert.equal(new URL(publish.request.url).pathname, "/ingest/front-door");
    assert.equal(publish.request.headers.get("content-type"), "application/vnd.porthole.live");
    assert.equal(publish.request.headers.get("authorization"), "Bearer let-me-publish");
    await until(() => publish.received.length === 2, "it introduced itself");
    running.offer(0, 3);
    running.uplink.setStatus({ type: "status", state: "live", cause: "" });
    await until(() => publish.received.length === 6, "frames and status came");
    assert.deepEqual(publish.received.slice(0, 2), [HELLO, CONNECTING]);
    assert.deepEqual(publish.controls[2], { type: "status", state: "live", cause: "" });
    assert.deepEqual(publish.seqs, [0, 1, 2]);
    const expected = encoded({ seq: 1 }).frame;
    assert.deepEqual({ ...publish.frames[1], timestamp: 0 }, { ...expected, timestamp: 0 });
  });

  test("below the path of INGEST_URL, where a proxy serves ingest at one", async () => {
    await using ingest = new FakeIngest();
    await using _ = new RunningUplink(new URL("/porthole/", ingest.url), version);
    const { request } = await ingest.publish();
    assert.equal(new URL(request.url).pathname, "/porthole/ingest/front-door");
  });

  test("frames cross one at a time, without waiting for more", async () => {
    await using ingest = new FakeIngest();
    await using running = new RunningUplink(ingest.url, version);
    const publish = await ingest.publish();
    for (let seq = 0; seq < 5; seq++) {
      running.offer(seq, seq + 1, { data: new Uint8Array(50_000) });
      await until(() => publish.frames.length === seq + 1, `frame ${seq} came`);
    }
  });

  test("without a token no credentials are sent", async () => {
    await using ingest = new FakeIngest();
    await using _ = new RunningUplink(ingest.url, version);
    assert.equal((await ingest.publish()).request.headers.get("authorization"), null);
  });

  test("the GOP so far is replayed to an ingest that comes, and to one that comes back", async () => {
    await using ingest = new FakeIngest();
    const before = Array.from({ length: 13 }, (_, seq) => encoded({ seq }));
    await using running = new RunningUplink(ingest.url, version, "", before);
    const first = await ingest.publish();
    await until(() => first.frames.length === 3, "the replay came");
    const replay = { type: "replay", rendition: "main", untilSeq: 12 };
    assert.deepEqual(first.received, [HELLO, CONNECTING, replay, 10, 11, 12]);
    running.offer(13, 22);
    await until(() => first.frames.length === 12, "the rest came");
    first.end();
    const second = await ingest.publish(1);
    await until(() => second.frames.length === 2, "the replay came");
    running.offer(22, 23);
    await until(() => second.frames.length === 3, "the next frame came");
    const again = { ...replay, untilSeq: 21 };
    assert.deepEqual(second.received, [HELLO, CONNECTING, again, 20, 21, 22]);
  });

  test("what leads nowhere any more is not replayed", async () => {
    await using ingest = new FakeIngest();
    const minuteAgo = Math.round(epochNowMs()) - 60_000;
    const old = encoded({ ...JPEG, seq: 0, timestamp: minuteAgo });
    await using running = new RunningUplink(ingest.url, version, "", [old]);
    const first = await ingest.publish();
    await until(() => first.received.length === 2, "it introduced itself");
    running.offer(0, 3);
    await until(() => first.frames.length === 3, "frames came");
    running.uplink.forgetGops();
    first.end();
    const second = await ingest.publish(1);
    running.offer(3, 5);
    running.offer(10, 11);
    await until(() => second.frames.length === 1, "the next keyframe came");
    assert.deepEqual([first.received, second.received], [
      [HELLO, CONNECTING, 0, 1, 2],
      [HELLO, CONNECTING, 10],
    ]);
  });

  test("ingest's clock is answered at once, its demand and its acks are passed on", async () => {
    await using ingest = new FakeIngest();
    await using running = new RunningUplink(ingest.url, version);
    const publish = await ingest.publish();
    publish.say({ type: "clock", t0: 12.5 });
    publish.say({ type: "demand", renditions: ["jpeg"] });
    await until(() => publish.controls.length === 3, "the clock was answered");
    const answer = publish.controls[2];
    assert.ok(answer?.type === "clock" && answer.t0 === 12.5);
    assert.ok(Math.abs(answer.t1 - epochNowMs()) < 10_000 && answer.t2 >= answer.t1);
    await until(() => running.demands.length === 1, "the demand was passed on");
    running.offer(0, 2);
    await until(() => running.deliveriesMs.length === 2, "both deliveries were told");
    for (const delayMs of running.deliveriesMs) assert.ok(delayMs >= 0 && delayMs < 10_000);
    publish.say({ type: "ack", seq: 99, rendition: "main" });
    publish.say({ type: "ack", seq: 0, rendition: "no-such" });
    publish.end();
    await until(() => running.demands.length === 2, "the demand ended with the publish");
    assert.deepEqual(running.demands, [["jpeg"], []]);
    assert.equal(running.deliveriesMs.length, 2);
  });

  test("with one rendition alone ingest may leave its name out of an ack", async () => {
    await using ingest = new FakeIngest();
    ingest.acknowledges = false;
    await using running = new RunningUplink(ingest.url, version);
    const publish = await ingest.publish();
    running.offer(0, 1);
    await until(() => publish.frames.length === 1, "the frame came");
    publish.say({ type: "ack", seq: 0 });
    await until(() => running.deliveriesMs.length === 1, "the delivery was told");
  });

  test("an ingest that says goodbye or nonsense is tried again, and the log says why", async () => {
    await using log = await captureLog();
    await using ingest = new FakeIngest();
    await using _ = new RunningUplink(ingest.url, version);
    (await ingest.publish()).say({ type: "bye", code: "invalid_frame", reason: "width 0" });
    const second = await ingest.publish(1);
    second.say({ type: "demand", renditions: Array(99).fill("x") });
    await ingest.publish(2);
    const warnings = log.lines.filter((line) => / WARN producer.uplink: not publishing/.test(line));
    assert.match(warnings[0] ?? "", /ingest said goodbye: width 0/);
    assert.match(warnings[1] ?? "", /renditions/);
  });

  const REFUSALS: readonly [status: number, body: string, cause: RegExp, isMendable: boolean][] = [
    [401, "who are you", /answered 401: who are you \(set PUBLISH_TOKEN to/, true],
    [403, "not that one", /answered 403: not that one \(PUBLISH_TOKEN is not for this/, true],
    [409, "taken", /answered 409: taken \(.*give this one another STREAM_ID/, true],
    [404, "no such page", /answered 404: .*\(is INGEST_URL a Porthole ingest\?/, true],
    [503, "too busy", /answered 503: too busy"? /, false],
  ];

  for (const [status, body, cause, isMendable] of REFUSALS) {
    test(`refused with ${status}, it says what can be done`, async () => {
      await using log = await captureLog();
      await using ingest = new FakeIngest();
      ingest.refusal = () => new Response(body, { status });
      await using _ = new RunningUplink(ingest.url, version, "not-the-right-one");
      await until(() => log.lines.length > 0, "something was logged");
      assert.match(log.lines[0] ?? "", cause);
      assert.doesNotMatch(log.lines.join("\n"), /not-the-right-one/);
      const retryInS = Number(/retryInS=([\d.]+)/.exec(log.lines[0] ?? "")?.[1]);
      assert.ok(isMendable ? retryInS >= 2.5 : retryInS <= 0.3, `${retryInS} s`);
    });
  }

  test("an ingest that starts later is found", async () => {
    let url: URL;
    {
      await using gone = new FakeIngest();
      url = gone.url;
    }
    await using log = await captureLog();
    await using running = new RunningUplink(url, version);
    await until(() => log.lines.length > 1, "two tries failed");
    assert.deepEqual(running.restarts.slice(0, 2), ["unreachable", "unreachable"]);
    assert.match(log.lines.join("\n"), /failures=1 [^]*failures=2 /);
    assert.match(log.lines[0] ?? "", /cause="nothing listens at INGEST_URL/);
  });

  test("an ingest that takes the connection and never answers is tried again", async () => {
    await using log = await captureLog();
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const clock = FakeTimers.install({ toFake: ["setInterval", "clearInterval", "performance"] });
    try {
      const url = new URL(`http://127.0.0.1:${silent.addr.port}`);
      await using running = new RunningUplink(url, version);
      using _first = await silent.accept();
      clock.tick(3500);
      using _second = await silent.accept();
      assert.equal(running.restarts[0], "silent");
      assert.match(log.lines.join("\n"), /cause="ingest does not answer"/);
    } finally {
      clock.uninstall();
    }
  });

  test("an ingest that still takes it for its own ghost is asked again soon", async () => {
    await using log = await captureLog();
    await using ingest = new FakeIngest();
    await using running = new RunningUplink(ingest.url, version);
    const publish = await ingest.publish();
    ingest.refusal = () => new Response("stream_taken", { status: 409 });
    publish.end();
    const refusals = () => log.lines.filter((line) => /ingest answered 409/.test(line));
    await until(() => refusals().length >= 2, "it was refused twice");
    for (const line of refusals()) {
      const [, retryInS] = /retryInS=(\S+)/.exec(line) ?? [];
      assert.ok(Number(retryInS) <= 2, line);
    }
    assert.deepEqual(running.restarts.slice(0, 3), ["ended", "taken", "taken"]);
    ingest.refusal = undefined;
    await ingest.publish(1);
  });

  test("an ingest that falls silent is taken for gone", async () => {
    await using log = await captureLog();
    await using ingest = new FakeIngest();
    const clock = FakeTimers.install({ toFake: ["setInterval", "clearInterval", "performance"] });
    try {
      await using running = new RunningUplink(ingest.url, version);
      const publish = await ingest.publish();
      clock.tick(4000);
      publish.say({ type: "demand", renditions: [] });
      await until(() => log.lines.some((line) => /ingest wants/.test(line)), "it was heard");
      clock.tick(4000);
      assert.ok(!log.lines.some((line) => /silent/.test(line)), "heard 4 s ago");
      clock.tick(1000);
      await ingest.publish(1);
      assert.match(log.lines.join("\n"), /cause="ingest has fallen silent"/);
      assert.equal(running.restarts[0], "silent");
    } finally {
      clock.uninstall();
    }
  });

  test("an ingest that takes frames and never acknowledges is given up", async () => {
    await using log = await captureLog();
    await using ingest = new FakeIngest();
    ingest.acknowledges = false;
    const clock = FakeTimers.install({ toFake: ["performance"] });
    try {
      await using running = new RunningUplink(ingest.url, version);
      const publish = await ingest.publish();
      running.offer(0, 3);
      await until(() => publish.frames.length === 3, "frames came");
      clock.tick(4000);
      publish.say({ type: "clock", t0: 0 });
      await until(() => publish.controls.length === 3, "it was heard");
      running.offer(3, 11);
      assert.equal(running.uplink.discarded, 8);
      clock.tick(2500);
      running.offer(11, 12);
      await ingest.publish(1);
      assert.match(log.lines.join("\n"), /cause="ingest does not acknowledge/);
      assert.equal(running.restarts[0], "unacknowledged");
    } finally {
      clock.uninstall();
    }
  });

  test("main of a camera on demand is sent while it is demanded, from its GOP so far on", async () => {
    await using ingest = new FakeIngest();
    const offers = ["main", "jpeg"];
    await using running = new RunningUplink(ingest.url, version, "", [], offers);
    const publish = await ingest.publish();
    publish.say({ type: "demand", renditions: ["jpeg"] });
    await until(() => running.demands.length === 1, "JPEG was demanded");
    running.offer(0, 13); // the camera is open for what is made of it
    running.offer(0, 1, JPEG);
    await until(() => publish.frames.length === 1, "the JPEG came");
    assert.equal(publish.frames[0]?.rendition, "jpeg");
    publish.say({ type: "demand", renditions: ["jpeg", "main"] });
    await until(() => publish.frames.length === 4, "the GOP so far came");
    running.offer(13, 15);
    await until(() => publish.frames.length === 6, "the rest came");
    const replay = { type: "replay", rendition: "main", untilSeq: 12 };
    assert.deepEqual(publish.received.slice(-6), [replay, 10, 11, 12, 13, 14]);
    publish.say({ type: "demand", renditions: [] });
    await until(() => running.demands.length === 3, "nothing is demanded any more");
    running.offer(15, 22);
    running.uplink.setStatus({ type: "status", state: "connecting", cause: "" });
    await until(() => publish.controls.length === 4, "the status came");
    assert.equal(publish.frames.length, 6);
  });

  test("what is no longer demanded is not sent later", async () => {
    await using ingest = new FakeIngest();
    await using running = new RunningUplink(ingest.url, version);
    const publish = await ingest.publish();
    publish.say({ type: "demand", renditions: ["jpeg"] });
    await until(() => running.demands.length === 1, "JPEG was demanded");
    running.offer(0, 1, JPEG);
    await until(() => publish.frames.length === 1, "a JPEG came");
    running.whenDemanded = () => running.offer(1, 2, JPEG); // so it waits when the demand ends
    publish.say({ type: "demand", renditions: [] });
    await until(() => running.demands.length === 2, "the demand ended");
    running.offer(0, 3);
    await until(() => publish.frames.length >= 4, "main came");
    assert.deepEqual(publish.frames.map(({ rendition, seq }) => [rendition, seq]), [
      ["jpeg", 0],
      ...[["main", 0], ["main", 1], ["main", 2]],
    ]);
    publish.end();
    const second = await ingest.publish(1);
    await until(() => second.frames.length === 3, "main was replayed");
    const replay = { type: "replay", rendition: "main", untilSeq: 2 };
    assert.deepEqual(second.received, [HELLO, CONNECTING, replay, 0, 1, 2]);
  });

  test("what is no longer demanded is not waited for: its acks may never come", async () => {
    await using log = await captureLog();
    await using ingest = new FakeIngest();
    ingest.acknowledges = false;
    const clock = FakeTimers.install({ toFake: ["performance"] });
    try {
      await using running = new RunningUplink(ingest.url, version);
      const publish = await ingest.publish();
      publish.say({ type: "demand", renditions: ["jpeg"] });
      await until(() => running.demands.length === 1, "JPEG was demanded");
      running.offer(0, 1, JPEG);
      await until(() => publish.frames.length === 1, "a JPEG came");
      publish.say({ type: "demand", renditions: [] });
      await until(() => running.demands.length === 2, "the demand ended");
      clock.tick(4000);
      publish.say({ type: "demand", renditions: ["jpeg"] });
      await until(() => running.demands.length === 3, "JPEG was demanded again");
      clock.tick(4000);
      running.offer(1, 2, JPEG);
      await until(() => publish.frames.length === 2, "another JPEG came");
      assert.equal(running.uplink.discarded, 0);
      assert.ok(!log.lines.some((line) => /WARN/.test(line)), log.lines.join("\n"));
    } finally {
      clock.uninstall();
    }
  });

  test("a reader that stops costs whole groups of frames, not memory, and goes on with a keyframe", async () => {
    await using ingest = new FakeIngest();
    const clock = FakeTimers.install({ toFake: ["performance"] });
    try {
      await using running = new RunningUplink(ingest.url, version);
      const publish = await ingest.publish();
      const data = new Uint8Array(100_000);
      running.offer(0, 2, { data });
      await until(() => running.deliveriesMs.length === 2, "two frames were acknowledged");
      publish.stopReading();
      const stalled = 130;
      for (let seq = 2; seq < stalled; seq++) {
        running.offer(seq, seq + 1, { data });
        clock.tick(33);
        await sleep(0, NEVER); // the connection takes what it takes
      }
      const passed = stalled - running.uplink.discarded;
      assert.ok(passed < 30, `${passed} frames of half a second`);
      publish.resumeReading();
      await until(() => running.deliveriesMs.length === passed, "all that was sent arrived");
      running.offer(stalled + 5, stalled + 30, { data });
      await until(() => publish.seqs.at(-1) === stalled + 29, "it went on");
      assertDecodable(publish.seqs);
      const [resumed] = publish.seqs.filter((seq) => seq >= stalled);
      assert.equal(resumed, stalled + GOP_FRAMES);
    } finally {
      clock.uninstall();
    }
  });

  test("of JPEGs the newest waits, not a queue of them", async () => {
    await using ingest = new FakeIngest();
    await using running = new RunningUplink(ingest.url, version);
    const publish = await ingest.publish();
    await until(() => publish.received.length === 2, "it introduced itself");
    running.offer(0, 50, JPEG);
    await until(() => publish.seqs.at(-1) === 49, "the newest came");
    assert.ok(publish.frames.length <= 3, `${publish.frames.length} came`);
    assert.equal(running.uplink.discarded, 50 - publish.frames.length);
  });

  test("stopped, it says goodbye and leaves nothing open", async () => {
    await using ingest = new FakeIngest();
    const running = new RunningUplink(ingest.url, version);
    const publish = await ingest.publish();
    running.offer(0, 3);
    await until(() => publish.frames.length === 3, "frames came");
    await running[Symbol.asyncDispose]();
    await until(() => publish.hasEnded, "the body ended");
    const bye = { type: "bye", code: "shutdown", reason: "the producer was stopped" };
    assert.deepEqual(publish.controls.at(-1), bye);
    assert.equal(ingest.publishes.length, 1);
  });

  test("stopped while ingest does not answer, it ends all the same", async () => {
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const running = new RunningUplink(new URL(`http://127.0.0.1:${silent.addr.port}`), version);
    using _connection = await silent.accept();
    await running[Symbol.asyncDispose]();
  });

  test("stopped between two tries, it ends at once", async () => {
    await using log = await captureLog();
    await using ingest = new FakeIngest();
    ingest.refusal = () => new Response("who are you", { status: 401 });
    const running = new RunningUplink(ingest.url, version);
    await until(() => log.lines.length > 0, "it waits for the next try");
    await running[Symbol.asyncDispose]();
  });
}
