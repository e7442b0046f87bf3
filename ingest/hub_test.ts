import { epochNowMs, ProtocolError } from "@porthole/protocol";
import assert from "node:assert/strict";
import { Demand } from "./demand.ts";
import { Hub } from "./hub.ts";
import { RecordingObserver, RecordingPublisher, RecordingWatcher } from "./testing/doubles.ts";
import { h264Frame, h265Frame, jpegFrame, outbound } from "./testing/frames.ts";

const isInvalidFrame = (error: unknown) =>
  error instanceof ProtocolError && error.code === "invalid_frame";

const keyOf = (seq: number, rendition = "main") => outbound(h264Frame(seq, true, { rendition }));
const jpeg = () => outbound(jpegFrame());

Deno.test("a frame goes to all who watch its rendition, as the same bytes, and to nobody else", () => {
  const hub = new Hub("cam");
  const [a, b, low] = [new RecordingWatcher(), new RecordingWatcher(), new RecordingWatcher()];
  using _a = hub.watch("main", a, 0);
  using _b = hub.watch("main", b, 0);
  using _low = hub.watch("low", low, 0);
  const main = keyOf(1);
  hub.publish(main, 0);
  hub.publish(keyOf(7, "low"), 0);
  assert.equal(a.delivered[0]?.bytes, main.bytes);
  assert.equal(b.delivered[0]?.bytes, main.bytes);
  assert.deepEqual(low.deliveredSeqs, [7]);
  assert.deepEqual([...hub.running], ["main", "low"]);
});

Deno.test("a new publisher begins with empty caches and makes the watchers begin anew", () => {
  const hub = new Hub("cam");
  const [first, second] = [new RecordingPublisher(), new RecordingPublisher()];
  const watcher = new RecordingWatcher();
  hub.attach(first, 0);
  using _watching = hub.watch("main", watcher, 0);
  hub.publish(keyOf(1), 0);
  hub.attach(second, 1);
  assert.equal(first.closedWith, "replaced");
  assert.equal(watcher.restarts, 1);
  assert.deepEqual([...hub.running], []);
  const late = new RecordingWatcher();
  using _late = hub.watch("main", late, 1);
  assert.deepEqual(late.gops, []);
  hub.detach(first, 2);
  assert.equal(hub.isPublished(2), true, "the first one's end is not the second one's");
});

Deno.test("a publisher has eight renditions and no more; a viewer waits for any", () => {
  const hub = new Hub("cam");
  hub.attach(new RecordingPublisher(), 0);
  for (let index = 0; index < 8; index++) hub.publish(keyOf(0, `r${index}`), 0);
  assert.throws(() => hub.publish(keyOf(0, "r8"), 0), isInvalidFrame);
  assert.throws(() => hub.expectReplay("r9", 5), isInvalidFrame);
  hub.publish(keyOf(1, "r7"), 0);
  const watcher = new RecordingWatcher();
  hub.watch("jpeg", watcher, 0)[Symbol.dispose]();
});

Deno.test("what viewers wait for takes no rendition from the publisher", () => {
  const hub = new Hub("cam");
  hub.attach(new RecordingPublisher(), 0);
  const watchers = Array.from({ length: 20 }, () => new RecordingWatcher());
  const watching = watchers.map((watcher, index) => hub.watch(`r${index}`, watcher, 0));
  for (let index = 0; index < 8; index++) hub.publish(keyOf(index, `r${index}`), 0);
  assert.deepEqual(watchers[7]?.deliveredSeqs, [7]);
  for (const each of watching) each[Symbol.dispose]();
});

Deno.test("the next publisher has eight renditions of its own", () => {
  const hub = new Hub("cam");
  for (const prefix of ["a", "b"]) {
    hub.attach(new RecordingPublisher(), 0);
    for (let index = 0; index < 8; index++) hub.publish(keyOf(index, `${prefix}${index}`), 0);
    assert.equal(hub.running.size, 8);
  }
});

Deno.test("a rendition named jpeg is JPEG: plain viewers get it unasked", () => {
  const hub = new Hub("cam");
  const watcher = new RecordingWatcher();
  using _watching = hub.watch("jpeg", watcher, 0);
  assert.throws(() => hub.publish(keyOf(1, "jpeg"), 0), isInvalidFrame);
  assert.deepEqual(watcher.delivered, []);
});

Deno.test("an offered rendition is demanded while it is watched and ten seconds longer", () => {
  const hub = new Hub("cam", { demand: new Demand() });
  const publisher = new RecordingPublisher();
  hub.attach(publisher, 0);
  publisher.offers = ["jpeg", "low"];
  const nowMs = performance.timeOrigin + performance.now();
  hub.publisherChanged(nowMs);
  assert.deepEqual(publisher.demands, [], "nobody wants anything yet");
  const one = hub.watch("jpeg", new RecordingWatcher(), nowMs);
  const main = hub.watch("main", new RecordingWatcher(), nowMs);
  const other = hub.watch("jpeg", new RecordingWatcher(), nowMs);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  hub.tick(nowMs + 60_000);
  assert.deepEqual(publisher.demands, [["jpeg"]]);
  other[Symbol.dispose]();
  main[Symbol.dispose]();
  hub.tick(nowMs + 9_999);
  assert.deepEqual(publisher.demands, [["jpeg"]]);
  hub.tick(nowMs + 11_000);
  assert.deepEqual(publisher.demands, [["jpeg"], []]);
});

Deno.test("a publisher that comes while somebody waits is asked as soon as it offers", () => {
  const hub = new Hub("cam");
  using _watching = hub.watch("jpeg", new RecordingWatcher(), 0);
  const publisher = new RecordingPublisher();
  hub.attach(publisher, 1);
  assert.deepEqual(publisher.demands, []);
  publisher.offers = ["jpeg"];
  hub.publisherChanged(2);
  assert.deepEqual(publisher.demands, [["jpeg"]]);
  const successor = new RecordingPublisher();
  successor.offers = ["jpeg"];
  hub.attach(successor, 3);
  assert.deepEqual(successor.demands, [["jpeg"]]);
});

Deno.test("observers are told of each change, and of nothing else", () => {
  const hub = new Hub("cam");
  const observer = new RecordingObserver();
  using _observing = hub.observe(observer);
  const publisher = new RecordingPublisher();
  const states = () => observer.messages.map(({ state, cause }) => [state, cause]);
  hub.attach(publisher, 0);
  publisher.camera = { type: "status", state: "connecting", cause: "" };
  hub.publisherChanged(0);
  hub.publish(keyOf(1), 1_000);
  hub.tick(1_500);
  hub.tick(2_000);
  hub.publish(outbound(h264Frame(2, false)), 2_500);
  publisher.camera = { type: "status", state: "failed", cause: "host unreachable" };
  hub.publisherChanged(3_000);
  assert.deepEqual(states(), [
    ["offline", "no frames from the camera"],
    ["offline", "connecting to the camera"],
    ["live", ""],
    ["stale", "host unreachable"],
  ]);
  const quiets = observer.messages.map(({ quietMs }) => quietMs);
  assert.deepEqual(quiets, [undefined, undefined, undefined, 500], "since the last frame");
  assert.equal(hub.message(9_000).quietMs, 6_500, "for who comes later, too");
  assert.equal(observer.messages[2]?.info.renditions[0]?.name, "main");
  assert.equal(observer.choices, 3, "two changes of the publisher and the first frame");
});

Deno.test("a camera of a frame in ten seconds stays live between them, as long as it is said to be", () => {
  const hub = new Hub("cam");
  const publisher = new RecordingPublisher();
  hub.attach(publisher, 0);
  publisher.camera = { type: "status", state: "live", cause: "" };
  hub.publish(keyOf(1), 0);
  assert.equal(hub.state(3_001).state, "stale", "one frame tells no interval");
  hub.publish(keyOf(2), 10_000);
  assert.equal(hub.state(20_000).state, "live");
  publisher.camera = { type: "status", state: "failed", cause: "stream stalled" };
  assert.deepEqual(hub.state(20_000), { state: "stale", cause: "stream stalled" });
});

Deno.test("a clock that moved is told, one that trembles is not", () => {
  const hub = new Hub("cam");
  const observer = new RecordingObserver();
  using _observing = hub.observe(observer);
  const publisher = new RecordingPublisher();
  hub.attach(publisher, 0);
  const before = observer.messages.length;
  publisher.clockOffsetMs = 0.9;
  hub.tick(1);
  assert.equal(observer.messages.length, before);
  publisher.clockOffsetMs = 1_000;
  hub.tick(2);
  assert.equal(observer.messages.at(-1)?.info.clockOffsetMs, 1_000);
});

Deno.test("single posts hold a stream for three seconds", () => {
  const hub = new Hub("cam");
  assert.equal(hub.isPosted(0), false);
  hub.post(jpeg(), 1_000);
  assert.equal(hub.isPosted(3_999), true);
  assert.equal(hub.isPosted(4_000), false);
  assert.equal(hub.isPublished(1_000), false);
});

Deno.test("a post takes the place of a live publish that is gone, and of its pictures", () => {
  const hub = new Hub("cam");
  const publisher = new RecordingPublisher();
  hub.attach(publisher, 0);
  hub.publish(keyOf(1), 0);
  publisher.isSilent = true;
  hub.post(jpeg(), 10_000);
  assert.equal(publisher.closedWith, "replaced");
  assert.deepEqual([...hub.running], ["jpeg"], "main will not come again");
  hub.post(jpeg(), 10_033);
  assert.equal(hub.info(10_033).renditions.length, 1);
});

Deno.test("a live publish after posts begins with empty caches", () => {
  const hub = new Hub("cam");
  hub.post(jpeg(), 0);
  hub.attach(new RecordingPublisher(), 5_000);
  assert.deepEqual([...hub.running], []);
});

Deno.test("the last picture is shown for thirty seconds after the publisher went, no longer", () => {
  const hub = new Hub("cam");
  const publisher = new RecordingPublisher();
  const viewer = new RecordingObserver();
  using _observing = hub.observe(viewer);
  hub.attach(publisher, 0);
  hub.publish(keyOf(1), 0);
  hub.detach(publisher, 1_000);
  hub.tick(29_000);
  const soon = new RecordingWatcher();
  hub.watch("main", soon, 29_000)[Symbol.dispose]();
  assert.deepEqual(soon.gopSeqs, [[1]]);
  hub.tick(31_000);
  assert.deepEqual(viewer.messages.at(-1)?.state, "offline");
  const late = new RecordingWatcher();
  hub.watch("main", late, 31_000)[Symbol.dispose]();
  assert.deepEqual(late.gops, []);
  assert.equal(hub.isKnown, false);
});

Deno.test("a hub is idle once nobody publishes, watches, or could want its last picture", () => {
  const hub = new Hub("cam");
  assert.equal(hub.isIdle(0), true);
  const observing = hub.observe(new RecordingObserver());
  assert.equal(hub.isIdle(0), false);
  observing[Symbol.dispose]();
  const watching = hub.watch("jpeg", new RecordingWatcher(), 0);
  assert.equal(hub.isIdle(0), false);
  watching[Symbol.dispose]();
  const publisher = new RecordingPublisher();
  hub.attach(publisher, 0);
  assert.equal(hub.isIdle(0), false);
  hub.publish(keyOf(1), 0);
  hub.detach(publisher, 0);
  assert.equal(hub.isIdle(30_000), false);
  assert.equal(hub.isIdle(30_001), true);
});

Deno.test("the newest picture of a rendition is known with its time", () => {
  const hub = new Hub("cam");
  assert.equal(hub.newestMs("main"), undefined);
  const frame = keyOf(1);
  hub.publish(frame, 5);
  assert.equal(hub.newestMs("main"), 5);
});

Deno.test("what was made on demand is forgotten once it is not: nobody sees an old picture", () => {
  const hub = new Hub("cam", { demand: new Demand(10_000) });
  const publisher = new RecordingPublisher();
  publisher.offers = ["jpeg"];
  hub.attach(publisher, 0);
  hub.watch("jpeg", new RecordingWatcher(), 0)[Symbol.dispose]();
  hub.publish(jpeg(), 0);
  hub.publish(keyOf(1), 0);
  const soon = new RecordingWatcher();
  hub.watch("jpeg", soon, 500)[Symbol.dispose]();
  assert.equal(soon.gops.length, 1, "while it lingers it is of now");

  const muchLaterMs = Date.now() + 3_600_000;
  const late = new RecordingWatcher();
  using _jpeg = hub.watch("jpeg", late, muchLaterMs);
  assert.deepEqual(late.gops, []);
  const main = new RecordingWatcher();
  using _main = hub.watch("main", main, muchLaterMs);
  assert.equal(main.gops.length, 1, "what is not offered on demand stays");
});

/** A camera whose keyframes are far apart, on a hub whose publisher makes `low` when it is wanted. */
function longGop(frames = 300, offers = ["jpeg", "low"]) {
  const hub = new Hub("cam");
  const publisher = new RecordingPublisher();
  publisher.offers = offers;
  const nowMs = epochNowMs();
  hub.attach(publisher, nowMs);
  publishGop(hub, "main", frames, nowMs);
  return { hub, publisher, nowMs };
}

function publishGop(hub: Hub, rendition: string, frames: number, nowMs: number): void {
  for (let seq = 0; seq < frames; seq++) {
    hub.publish(outbound(h264Frame(seq, seq === 0, { rendition })), nowMs);
  }
}

Deno.test("while somebody watches main and its keyframes are far apart, low is made as well", () => {
  const { hub, publisher, nowMs } = longGop();
  hub.tick(nowMs);
  assert.deepEqual(publisher.demands, [], "nobody watches");
  const first = hub.watch("main", new RecordingWatcher(), nowMs);
  assert.deepEqual(publisher.demands, [["low"]], "at once");
  using jpeg = hub.watch("jpeg", new RecordingWatcher(), nowMs);
  const second = hub.watch("main", new RecordingWatcher(), nowMs);
  first[Symbol.dispose]();
  hub.tick(nowMs + 60_000);
  assert.deepEqual(publisher.demands, [["low"], ["jpeg", "low"]]);
  second[Symbol.dispose]();
  hub.tick(nowMs + 9_000);
  assert.equal(publisher.demands.length, 2, "it lingers as main does");
  hub.tick(nowMs + 11_000);
  assert.deepEqual(publisher.demands.at(-1), ["jpeg"]);
  jpeg[Symbol.dispose]();
});

Deno.test("a GOP that grows long while somebody watches makes low wanted", () => {
  const { hub, publisher, nowMs } = longGop(60);
  using _watching = hub.watch("main", new RecordingWatcher(), nowMs);
  hub.tick(nowMs);
  assert.deepEqual(publisher.demands, []);
  hub.publish(outbound(h264Frame(60, false)), nowMs);
  hub.tick(nowMs);
  assert.deepEqual(publisher.demands, [["low"]]);
});

Deno.test("low is made no more once keyframes have come often for half a minute", () => {
  const { hub, publisher, nowMs } = longGop();
  using _watching = hub.watch("main", new RecordingWatcher(), nowMs);
  for (let second = 1; second <= 40; second++) {
    publishGop(hub, "main", 30, nowMs + second * 1000);
    hub.tick(nowMs + second * 1000);
  }
  assert.deepEqual(publisher.demands, [["low"], []]);
});

Deno.test("who watches JPEG alone, or low itself, has nothing made for who joins main", () => {
  const { hub, publisher, nowMs } = longGop();
  const jpeg = hub.watch("jpeg", new RecordingWatcher(), nowMs);
  const low = hub.watch("low", new RecordingWatcher(), nowMs);
  low[Symbol.dispose]();
  hub.tick(nowMs + 20_000);
  assert.deepEqual(publisher.demands, [["jpeg"], ["jpeg", "low"], ["jpeg"]]);
  jpeg[Symbol.dispose]();
});

Deno.test("a publisher that does not offer low is not asked for it, and another one anew", () => {
  const { hub, publisher, nowMs } = longGop(300, ["jpeg"]);
  using _watching = hub.watch("main", new RecordingWatcher(), nowMs);
  hub.tick(nowMs);
  assert.deepEqual(publisher.demands, []);
  const successor = new RecordingPublisher();
  successor.offers = ["low"];
  hub.attach(successor, nowMs);
  assert.deepEqual(successor.demands, [], "of its keyframes nothing is known");
  publishGop(hub, "main", 61, nowMs);
  hub.tick(nowMs);
  assert.deepEqual(successor.demands, [["low"]]);
});

Deno.test("low shows before a long GOP of main, and nothing before anything else", () => {
  const { hub, nowMs } = longGop();
  assert.equal(hub.previewOf("main"), undefined, "low does not run");
  publishGop(hub, "low", 10, nowMs);
  assert.deepEqual(["main", "low", "jpeg"].map((name) => hub.previewOf(name)), [
    "low",
    undefined,
    undefined,
  ]);
  publishGop(hub, "main", 20, nowMs);
  assert.equal(hub.previewOf("main"), undefined, "main shows soon enough");
});

Deno.test("a camera on demand is asked for with its first viewer, and observers see it wake", () => {
  const hub = new Hub("yard");
  const observer = new RecordingObserver();
  using _observing = hub.observe(observer);
  const publisher = new RecordingPublisher();
  hub.attach(publisher, 0);
  publisher.name = "Back yard";
  publisher.offers = ["main", "jpeg", "low"];
  publisher.camera = { type: "status", state: "connecting", cause: "sleeps", standby: true };
  hub.publisherChanged(1);
  assert.deepEqual(publisher.demands, []);
  const { state, standby, info } = hub.message(1);
  assert.deepEqual([state, standby, info.name], ["stale", true, "Back yard"]);
  const told = observer.messages.at(-1);
  assert.deepEqual([told?.standby, told?.info.name], [true, "Back yard"]);
  using _watching = hub.watch("main", new RecordingWatcher(), 2);
  assert.deepEqual(publisher.demands, [["main"]]);
  publisher.name = "Yard";
  hub.publisherChanged(3);
  assert.equal(observer.messages.at(-1)?.info.name, "Yard", "a new name alone is told too");
  hub.detach(publisher, 3);
  assert.equal(observer.messages.at(-1)?.info.name, "Yard", "it is the same camera that is gone");
  hub.attach(new RecordingPublisher(), 4);
  assert.equal(hub.info(4).name, undefined, "the next one's name is its own");
});

Deno.test("a camera that sleeps, or is open for JPEG alone, comes for who wants it", () => {
  const hub = new Hub("yard");
  const publisher = new RecordingPublisher();
  hub.attach(publisher, 0);
  publisher.offers = ["main", "jpeg", "low"];
  publisher.camera = { type: "status", state: "connecting", cause: "sleeps", standby: true };
  hub.publisherChanged(0);
  const comes = (nowMs: number) =>
    hub.options(nowMs).flatMap(({ name, opensCamera }) => opensCamera === true ? [name] : []);
  assert.deepEqual(comes(0), ["main"]);
  publisher.camera = { type: "status", state: "connecting", cause: "" };
  hub.publisherChanged(1);
  assert.deepEqual(comes(2_000), [], "it may turn out to send H.265, of which main would be made");
  hub.publish(outbound(jpegFrame({ seq: 1 })), 2_001);
  assert.deepEqual(comes(4_000), ["main"]);
  hub.publish(outbound(h264Frame(1, true)), 4_001);
  assert.deepEqual(comes(6_000), []);
});

/** A hub whose publisher has found its camera to send H.265. */
function ofH265() {
  const hub = new Hub("cam");
  const publisher = new RecordingPublisher();
  publisher.offers = ["jpeg", "low"];
  hub.attach(publisher, 0);
  const turnToH265 = (nowMs: number) => {
    publisher.offers = ["main", "jpeg", "low"];
    hub.publisherChanged(nowMs);
  };
  return { hub, publisher, turnToH265 };
}

Deno.test("H.264 that is made of H.265 is as large as that before it runs", () => {
  const { hub, turnToH265 } = ofH265();
  turnToH265(0);
  hub.publish(outbound(h265Frame(1, true, { width: 3840, height: 2160 })), 0);
  const of = (name: string) => hub.options(0).find((option) => option.name === name);
  assert.deepEqual(of("main"), {
    ...{ name: "main", isRunning: false, isJpeg: false, isH265: false },
    ...{ widthPx: 3840, heightPx: 2160 },
  });
  assert.deepEqual([of("source")?.isH265, of("low")?.widthPx], [true, undefined]);
});

Deno.test("a publisher whose camera turns out to send something else begins anew", () => {
  const { hub, publisher, turnToH265 } = ofH265();
  const watcher = new RecordingWatcher();
  hub.publish(keyOf(1), 0);
  hub.watch("main", new RecordingWatcher(), 0)[Symbol.dispose]();
  using _watching = hub.watch("main", watcher, 0);
  turnToH265(10);
  assert.deepEqual([[...hub.running], watcher.restarts], [[], 1]);
  assert.deepEqual(publisher.demands, [["main"]]);
  hub.publisherChanged(20);
  assert.equal(watcher.restarts, 1, "the same hello, or another status, is nothing new");
  publisher.offers = ["jpeg", "low"];
  hub.publish(outbound(h265Frame(1, true)), 30);
  hub.publisherChanged(40);
  assert.deepEqual([...hub.running], [], "no viewer is kept on H.265 that comes no more");
  assert.deepEqual(publisher.demands.at(-1), []);
});

Deno.test("what lingers from before the camera's codec was known is not made", () => {
  const { hub, publisher, turnToH265 } = ofH265();
  hub.watch("main", new RecordingWatcher(), 0)[Symbol.dispose]();
  turnToH265(10);
  hub.tick(20);
  assert.deepEqual(publisher.demands, []);
});

Deno.test("low shows before a long GOP of H.265 where it runs, and is not made for that", () => {
  const { hub, publisher, turnToH265 } = ofH265();
  turnToH265(0);
  for (let seq = 0; seq < 300; seq++) hub.publish(outbound(h265Frame(seq, seq === 0)), 0);
  using _watching = hub.watch("source", new RecordingWatcher(), 0);
  hub.tick(10);
  assert.deepEqual([publisher.demands, hub.previewOf("source")], [[], undefined]);
  publishGop(hub, "low", 10, 10);
  assert.equal(hub.previewOf("source"), "low");
});
