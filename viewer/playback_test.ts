import assert from "node:assert/strict";
import type { Frame } from "@porthole/protocol";
import type { MediaFrame } from "./media/media_frame.ts";
import { Playback } from "./playback.ts";
import { FakeDisplay } from "./testing/fake_display.ts";
import { FakeImage, FakeWebCodecs } from "./testing/fake_webcodecs.ts";
import { TestIngest, until } from "./testing/test_ingest.ts";
import type { WayChoice } from "./ways.ts";
import type { Report } from "./worker_messages.ts";

const FRAME_MS = 10;

interface RigOptions {
  readonly maxKbps?: number;
  readonly wayChoice?: WayChoice;
  readonly smoothingMs?: number;
  /** Whether the browser says so, by WebCodecs and by Media Source. */
  readonly playsH265?: boolean | Promise<boolean>;
}

/** A playback on an ingest that the test speaks for, with a decoder and a display of the test's. */
class Rig implements AsyncDisposable {
  readonly ingest = new TestIngest();
  readonly webCodecs: FakeWebCodecs;
  readonly reports: Report[] = [];
  readonly playback: Playback;
  readonly #display = new FakeDisplay();
  readonly #realCreateImageBitmap = globalThis.createImageBitmap;
  #questions = 0;
  /** What went to the page's media element. */
  readonly media: MediaFrame[] = [];
  mediaEnds = 0;

  constructor(
    { maxKbps, wayChoice = "auto", smoothingMs = 0, playsH265 = false }: RigOptions,
  ) {
    this.webCodecs = new FakeWebCodecs(playsH265);
    Object.assign(globalThis, { createImageBitmap: () => Promise.resolve(new FakeImage(-1)) });
    this.playback = new Playback({
      canvas: new OffscreenCanvas(2, 2),
      socketUrl: this.ingest.url,
      streamUrl: "data:application/json,{}",
      playing: true,
      selected: "auto",
      maxKbps,
      wayChoice,
      smoothingMs,
      media: {
        missing: undefined,
        playsH265: playsH265 === true,
        onFrame: (frame) => this.media.push(frame),
        onEnd: () => this.mediaEnds++,
      },
      onReport: (report) => this.reports.push(report),
    });
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(options);
    await until(() => rig.ingest.heard("hello").length === 1);
    return rig;
  }

  /** The numbers of the frames whose pictures were painted; -1 for a JPEG. */
  get painted(): number[] {
    return this.#display.drawn.map((image) => {
      assert.ok(image instanceof FakeImage);
      return image.timestamp < 0 ? -1 : image.timestamp / 1000 / FRAME_MS;
    });
  }

  /** An H.264 frame, captured its number times 10 ms after the first. */
  send(rendition: string, seq: number, fields: Partial<Frame> = {}): void {
    // A configuration of its own, as each rendition has.
    const config = new TextEncoder().encode(rendition);
    this.ingest.send({
      ...{ timestamp: 1_000_000 + seq * FRAME_MS, width: 2, height: 2, data: new Uint8Array(10) },
      ...{ codec: "avc1.42c01f", pts: seq * FRAME_MS * 1000, seq, rendition, ...fields },
      ...(fields.key === true ? { config } : {}),
    });
  }

  sendKey(rendition: string, seq: number): void {
    this.send(rendition, seq, { key: true });
  }

  sendH265(seq: number, key = true): void {
    this.send("source", seq, { codec: "hvc1.1.6.L93.B0", key });
  }

  /** What it said it decodes, each time that it did. */
  get saidCodecs(): unknown[] {
    return this.ingest.heard("hello").map(({ codecs }) => codecs);
  }

  sendJpeg(seq: number): void {
    this.ingest.send({ timestamp: 2_000_000, width: 2, height: 2, data: new Uint8Array(1), seq });
  }

  /** Until all that was sent has been dealt with. */
  async settled(): Promise<Report> {
    const reason = `question ${this.#questions++}`;
    this.ingest.send({ type: "quality", rendition: "main", fps: 0, reason });
    const answer = () => this.reports.find(({ quality }) => quality?.reason === reason);
    await until(() => answer() !== undefined);
    const report = answer();
    assert.ok(report);
    return report;
  }

  /** A decoder gives out the picture of a frame, and it is painted if it is to be. */
  async decodes(seq: number, decoder = this.webCodecs.last): Promise<void> {
    decoder.init.output(new FakeImage(seq * FRAME_MS * 1000));
    // The fake display paints in the next task.
    await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => setTimeout(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.playback.close();
    this.webCodecs[Symbol.dispose]();
    this.#display[Symbol.dispose]();
    globalThis.createImageBitmap = this.#realCreateImageBitmap;
    await this.ingest[Symbol.asyncDispose]();
  }
}

Deno.test("a replay of another rendition holds nothing back of the one that plays", async () => {
  await using rig = await Rig.start();
  rig.sendKey("main", 100);
  await rig.settled();
  await rig.decodes(100);
  rig.ingest.send({ type: "replay", rendition: "low", untilSeq: 500 });
  rig.send("main", 101);
  await rig.settled();
  await rig.decodes(101);
  assert.deepEqual(rig.painted, [100, 101]);
});

Deno.test("who joins is shown the newest of a preview, then what it previews, and is not behind", async () => {
  await using rig = await Rig.start();
  rig.ingest.send({ type: "replay", rendition: "low", untilSeq: 103 });
  rig.sendKey("low", 101);
  for (const seq of [102, 103]) rig.send("low", seq);
  rig.ingest.send({ type: "replay", rendition: "main", untilSeq: 104 });
  rig.sendKey("main", 1);
  for (let seq = 2; seq <= 106; seq++) rig.send("main", seq);
  await rig.settled();
  const [low, main] = rig.webCodecs.made;
  assert.ok(low !== undefined && main !== undefined);
  for (const decoder of [low, main]) decoder.decodeQueueSize = 1;
  await rig.settled();
  for (const seq of [101, 102, 103]) await rig.decodes(seq, low);
  assert.deepEqual(rig.painted, [103], "of the replay its newest alone");
  const previewed = await rig.settled();
  assert.equal(previewed.picture?.rendition, "low");
  assert.ok(previewed.stats.joinMs !== undefined && previewed.stats.fullJoinMs === undefined);
  for (let seq = 1; seq <= 103; seq++) await rig.decodes(seq, main);
  assert.deepEqual(rig.painted, [103], "nothing of the past");
  for (const seq of [104, 105, 106]) await rig.decodes(seq, main);
  assert.deepEqual(rig.painted, [103, 104, 105, 106]);
  const { picture, quality, stats } = await rig.settled();
  assert.deepEqual([picture?.rendition, quality?.rendition], ["main", "main"]);
  assert.deepEqual([stats.discardedByViewer, stats.decoderErrors], [0, 0]);
  assert.equal(stats.joinMs, previewed.stats.joinMs);
  assert.ok(stats.fullJoinMs !== undefined);
  assert.ok(rig.ingest.heard("ack").every(({ undecoded }) => undecoded === undefined));
});

Deno.test("another rendition is painted from its newest picture on, whatever its numbers", async () => {
  await using rig = await Rig.start();
  rig.sendKey("main", 100);
  await rig.settled();
  await rig.decodes(100);
  rig.ingest.send({ type: "replay", rendition: "low", untilSeq: 98 });
  rig.sendKey("low", 96);
  for (const seq of [97, 98, 99, 100, 101]) rig.send("low", seq);
  await rig.settled();
  // 98 ends the replay, and was captured before what is painted already.
  for (const seq of [96, 97, 98, 99]) await rig.decodes(seq);
  assert.deepEqual(rig.painted, [100]);
  for (const seq of [100, 101]) await rig.decodes(seq);
  assert.deepEqual(rig.painted, [100, 100, 101]);
});

Deno.test("a publisher that starts again is painted at once, even with an earlier clock", async () => {
  await using rig = await Rig.start();
  rig.sendKey("low", 900);
  await rig.settled();
  await rig.decodes(900);
  rig.sendKey("low", 1);
  rig.sendKey("main", 2);
  await rig.settled();
  await rig.decodes(2);
  assert.deepEqual(rig.painted, [900, 2]);
});

Deno.test("a decoder that fails again and again is given up for Media Source, with a GOP anew", async () => {
  await using rig = await Rig.start();
  for (const seq of [1, 2, 3]) {
    rig.sendKey("main", seq);
    await rig.settled();
    rig.webCodecs.last.fail();
  }
  await until(() => rig.ingest.heard("resume").length === 1);
  assert.equal(rig.ingest.heard("pause").length, 1);
  rig.send("main", 4);
  rig.sendKey("main", 5);
  const { way, wayReason, stats } = await rig.settled();
  assert.deepEqual([way, stats.decoderErrors, rig.webCodecs.made.length], ["mse", 3, 3]);
  assert.match(wayReason, /^WebCodecs failed again and again: the H.264 decoder failed/);
  assert.deepEqual(rig.media.map(({ ptsUs, key }) => [ptsUs / 1000 / FRAME_MS, key]), [[5, true]]);
  assert.deepEqual([rig.ingest.heard("hello").length, rig.ingest.connections.length], [1, 1]);
});

Deno.test("what the page cannot show either is asked for as JPEG, on the same connection", async () => {
  await using rig = await Rig.start({ wayChoice: "mse" });
  rig.sendKey("main", 1);
  await rig.settled();
  rig.playback.mediaFailed({ reason: "does not know it", isFinal: true });
  rig.playback.chooseWay("jpeg");
  await until(() => rig.ingest.heard("hello").length === 2);
  assert.deepEqual(rig.ingest.heard("hello").map(({ codecs }) => codecs), [
    ["avc1", "jpeg"],
    ["jpeg"],
  ]);
  rig.sendKey("main", 4);
  rig.sendJpeg(1);
  assert.equal((await rig.settled()).decodesH264, false);
  await until(() => rig.painted.length === 1);
  assert.deepEqual([rig.painted, rig.media.length, rig.ingest.connections.length], [[-1], 1, 1]);
});

Deno.test("a browser that says it plays H.265 says hello once, with that first", async () => {
  await using rig = await Rig.start({ playsH265: true });
  rig.sendH265(1);
  const { decodesH265 } = await rig.settled();
  await rig.decodes(1);
  assert.deepEqual([rig.saidCodecs, decodesH265], [[["hvc1", "avc1", "jpeg"]], true]);
  const { config } = rig.webCodecs.last;
  assert.equal(config?.codec, "hvc1.1.6.L93.B0");
  assert.deepEqual(config?.description, new TextEncoder().encode("source"));
  assert.deepEqual(rig.painted, [1]);
});

Deno.test("a hello waits for what the browser says of H.265, though not for long", async () => {
  const claim = Promise.withResolvers<boolean>();
  await using rig = new Rig({ playsH265: claim.promise });
  await until(() => rig.ingest.heard("clock").length > 0);
  assert.deepEqual(rig.saidCodecs, [], "the connection is there, and nothing is said yet");
  await until(() => rig.saidCodecs.length === 1);
  claim.resolve(true);
  await until(() => rig.saidCodecs.length === 2);
  assert.deepEqual(rig.saidCodecs, [["avc1", "jpeg"], ["hvc1", "avc1", "jpeg"]]);
});

Deno.test("H.265 that fails again and again is given up for H.264 by the same way", async () => {
  await using rig = await Rig.start({ playsH265: true });
  for (const seq of [1, 2, 3]) {
    rig.sendH265(seq);
    await rig.settled();
    rig.webCodecs.last.fail();
  }
  await until(() => rig.saidCodecs.length === 2);
  assert.deepEqual(rig.saidCodecs[1], ["avc1", "jpeg"]);
  const decoders = rig.webCodecs.made.length;
  rig.sendH265(4);
  const { way, decodesH265 } = await rig.settled();
  assert.deepEqual([way, decodesH265], ["webcodecs", false]);
  assert.equal(rig.webCodecs.made.length, decoders, "what was on its way is not decoded any more");
  rig.sendKey("main", 1);
  await rig.settled();
  await rig.decodes(1);
  assert.deepEqual([rig.painted, rig.ingest.connections.length], [[1], 1]);
  rig.playback.chooseWay("webcodecs");
  await until(() => rig.saidCodecs.length === 3);
  assert.deepEqual(rig.saidCodecs[2], ["hvc1", "avc1", "jpeg"], "it may be tried again by hand");
});

Deno.test("by Media Source H.265 is asked for where that plays it, and given up as well", async () => {
  await using rig = await Rig.start({ playsH265: true, wayChoice: "mse" });
  rig.sendH265(2);
  await rig.settled();
  assert.deepEqual(rig.media.map(({ codec }) => codec), ["hvc1.1.6.L93.B0"]);
  rig.playback.mediaFailed({ reason: "does not know hvc1.1.6.L93.B0", isFinal: true });
  await until(() => rig.saidCodecs.length === 2);
  assert.deepEqual(rig.saidCodecs, [["hvc1", "avc1", "jpeg"], ["avc1", "jpeg"]]);
  assert.equal((await rig.settled()).way, "mse");
});

Deno.test("a media element's frames are counted and timed as they are shown", async () => {
  await using rig = await Rig.start({ wayChoice: "mse" });
  rig.ingest.send({ type: "replay", rendition: "main", untilSeq: 3 });
  rig.sendKey("main", 1);
  for (const seq of [2, 3, 4, 5]) rig.send("main", seq);
  assert.equal((await rig.settled()).bufferedFrames, 5);
  assert.deepEqual(rig.media.map(({ isReplayed }) => isReplayed), [
    true,
    true,
    false,
    false,
    false,
  ]);
  const last = rig.media.at(-1);
  assert.ok(last);
  const shown = { id: last.id, agoMs: 5, widthPx: 640, heightPx: 360, untold: 1 };
  rig.playback.mediaShown(shown);
  rig.playback.mediaShown(shown);
  const { picture, stats, bufferedFrames } = await rig.settled();
  assert.deepEqual(picture, {
    rendition: "main",
    codec: "avc1.42c01f",
    widthPx: 640,
    heightPx: 360,
  });
  assert.deepEqual([stats.framesPainted, stats.discardedByViewer, bufferedFrames], [1, 1, 0]);
});

Deno.test("a media element that shows nothing for long is not given more than it can take", async () => {
  await using rig = await Rig.start({ wayChoice: "mse" });
  rig.sendKey("main", 1);
  const undecoded = () => rig.ingest.heard("ack").flatMap((ack) => ack["undecoded"] ?? []);
  for (let seq = 2; undecoded().length === 0; seq++) {
    assert.ok(seq < 1000, "it never was too much");
    rig.send("main", seq);
    await rig.settled();
  }
  assert.ok(Number(undecoded()[0]) > 0);
});

Deno.test("the canvas takes over with its first picture, not before", async () => {
  await using rig = await Rig.start({ wayChoice: "mse" });
  rig.sendKey("main", 1);
  await rig.settled();
  rig.playback.chooseWay("webcodecs");
  rig.sendKey("main", 2);
  await rig.settled();
  assert.equal(rig.mediaEnds, 0);
  await rig.decodes(2);
  assert.deepEqual([rig.painted, rig.mediaEnds], [[2], 1]);
});

Deno.test("another way to make pictures does not make the one that stands a new one", async () => {
  await using rig = await Rig.start();
  rig.sendKey("main", 1);
  await rig.settled();
  await rig.decodes(1);
  const standsMs = () => rig.reports.at(-1)?.stats.sincePaintMs ?? 0;
  await until(() => standsMs() > 400);
  const before = standsMs();
  for (const way of ["mse", "jpeg", "webcodecs"] as const) {
    rig.playback.chooseWay(way);
    const { stats } = await rig.settled();
    assert.ok(stats.sincePaintMs >= before, `${stats.sincePaintMs} ms by ${way}`);
  }
});

Deno.test("with smoothing a picture that comes early is held back, and painted in the end", async () => {
  await using rig = await Rig.start({ smoothingMs: 200 });
  rig.sendKey("main", 1);
  await rig.settled();
  await rig.decodes(1);
  assert.deepEqual(rig.painted, []);
  await until(() => rig.painted.length === 1);
});

Deno.test("a stream with a broken frame now and then stays what it is", async () => {
  await using rig = await Rig.start();
  for (const seq of [1, 2, 3, 4]) {
    rig.sendKey("main", seq);
    await rig.settled();
    await rig.decodes(seq);
    rig.webCodecs.last.fail();
  }
  assert.equal((await rig.settled()).way, "webcodecs");
  assert.deepEqual(rig.painted, [1, 2, 3, 4]);
});

Deno.test("frames that a slow decoder has no time for are told to ingest", async () => {
  await using rig = await Rig.start();
  rig.sendKey("main", 1);
  await rig.settled();
  rig.webCodecs.last.decodeQueueSize = 1;
  const undecoded = () => rig.ingest.heard("ack").flatMap((ack) => ack["undecoded"] ?? []);
  for (let seq = 2; undecoded().length === 0; seq++) {
    assert.ok(seq < 1000, "it never was too much");
    rig.send("main", seq);
    await rig.settled();
  }
  assert.ok(Number(undecoded()[0]) > 0);
});

Deno.test("what is selected and how much may come at most is said to ingest", async () => {
  await using rig = await Rig.start({ maxKbps: 500 });
  assert.equal(rig.ingest.heard("hello")[0]?.["maxKbps"], 500);
  rig.playback.select("low");
  await until(() => rig.ingest.heard("select").length === 1);
  assert.equal(rig.ingest.heard("select")[0]?.["rendition"], "low");
});

Deno.test("what ingest says of the stream and its quality is reported", async () => {
  await using rig = await Rig.start();
  assert.equal(rig.ingest.heard("hello")[0]?.["maxKbps"], undefined);
  const main = { name: "main", codec: "avc1.42c01f", width: 2, height: 2, fps: 30, kbps: 9 };
  const info = { id: "front", renditions: [main], selectable: ["main", "low"], clockOffsetMs: 0 };
  rig.ingest.send({ type: "stream", info, state: "live", cause: "" });
  rig.ingest.send({ type: "lagged", discarded: 7 });
  const { renditions, selectable, quality, stats } = await rig.settled();
  assert.deepEqual([renditions, selectable], [[main], ["main", "low"]]);
  assert.deepEqual([quality?.rendition, stats.discardedLately], ["main", 7]);
});

Deno.test("how large a picture is of use is said to ingest, anew when it changes", async () => {
  await using rig = await Rig.start();
  const limits = () =>
    rig.ingest.heard("hello").map(({ maxWidth, maxHeight }) => [maxWidth, maxHeight]);
  rig.playback.limit({ widthPx: 640, heightPx: 360 });
  rig.playback.limit(undefined);
  await until(() => limits().length === 3);
  assert.deepEqual(limits(), [[undefined, undefined], [640, 360], [undefined, undefined]]);
});

Deno.test("what is painted is written to a mirror too, until there is none", async () => {
  await using rig = await Rig.start();
  const shown: unknown[] = [];
  const real = globalThis.VideoFrame;
  class FakeVideoFrame {
    constructor(readonly image: unknown) {}
    close() {}
  }
  Object.assign(globalThis, { VideoFrame: FakeVideoFrame });
  using _restored = { [Symbol.dispose]: () => Object.assign(globalThis, { VideoFrame: real }) };
  const track = new WritableStream<VideoFrame>({ write: (frame) => void shown.push(frame) });
  rig.playback.mirrorTo(track);
  rig.sendKey("main", 1);
  rig.send("main", 2);
  await rig.settled();
  await rig.decodes(1);
  assert.equal(shown.length, 1);
  rig.playback.mirrorTo(undefined);
  await rig.decodes(2);
  assert.deepEqual([rig.painted, shown.length], [[1, 2], 1]);
});
