import { epochNowMs } from "@porthole/protocol";
import assert from "node:assert/strict";
import { Metrics } from "./metrics.ts";
import { StreamRegistry, TooManyStreamsError } from "./stream_registry.ts";
import { ClockShift } from "./testing/clock_shift.ts";
import { RecordingObserver, RecordingPublisher } from "./testing/doubles.ts";
import { eventually } from "./testing/eventually.ts";
import { jpegFrame, outbound } from "./testing/frames.ts";

const jpeg = () => outbound(jpegFrame());

Deno.test("a stream has one hub", () => {
  using registry = new StreamRegistry();
  assert.equal(registry.get("a"), undefined);
  const hub = registry.open("a");
  assert.equal(registry.open("a"), hub);
  assert.equal(registry.waitFor("a"), hub);
  assert.equal(registry.get("a"), hub);
});

Deno.test("what is published is listed by id, what is waited for is not", () => {
  using registry = new StreamRegistry();
  registry.open("b").post(jpeg(), epochNowMs());
  registry.open("a").attach(new RecordingPublisher(), epochNowMs());
  registry.waitFor("c");
  assert.deepEqual(registry.published().map(({ id }) => id), ["a", "b"]);
});

Deno.test("a thousand streams are published and no more; viewers who wait keep nobody out", () => {
  const metrics = new Metrics();
  using registry = new StreamRegistry({
    maxStreams: 1_000,
    maxCacheBytes: Infinity,
    publish: { maxKbps: Infinity, maxFps: Infinity },
  }, metrics);
  for (let index = 0; index < 1_500; index++) registry.waitFor(`waited-for-${index}`);
  for (let index = 0; index < 1_000; index++) registry.open(`s${index}`).post(jpeg(), epochNowMs());
  assert.throws(() => registry.open("one-more"), TooManyStreamsError);
  assert.throws(() => registry.open("waited-for-0"), TooManyStreamsError);
  assert.equal(metrics.streamsRefused, 2);
  assert.equal(registry.open("s7").id, "s7");
  assert.equal(registry.waitFor("yet-another").id, "yet-another");
});

Deno.test("idle hubs are removed, those with a viewer stay", async () => {
  using clock = new ClockShift();
  using registry = new StreamRegistry();
  registry.open("posted").post(jpeg(), epochNowMs());
  registry.waitFor("left");
  using _observing = registry.waitFor("watched").observe(new RecordingObserver());
  await eventually("the hub nobody uses is gone", () => registry.get("left") === undefined);
  assert.ok(registry.get("posted"), "its last picture is of interest yet");
  clock.advance(31_000);
  await eventually("the hub of long ago is gone", () => registry.get("posted") === undefined);
  assert.ok(registry.get("watched"));
});

Deno.test("disposing says goodbye to publishers and stops the timer, twice as well as once", () => {
  const registry = new StreamRegistry();
  const publisher = new RecordingPublisher();
  registry.open("a").attach(publisher, epochNowMs());
  registry[Symbol.dispose]();
  registry[Symbol.dispose]();
  assert.equal(publisher.closedWith, "shutdown");
});
