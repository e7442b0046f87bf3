import { epochNowMs } from "@porthole/protocol";
import assert from "node:assert/strict";
import { Hub } from "./hub.ts";
import { JpegTap } from "./jpeg_tap.ts";
import { RecordingPublisher } from "./testing/doubles.ts";
import { jpegFrame, outbound } from "./testing/frames.ts";

const NEVER = new AbortController().signal;

function jpegOf(seq: number, timestamp = Date.now()) {
  return outbound(jpegFrame({ seq, timestamp }));
}

async function isNothingNow(tap: JpegTap): Promise<boolean> {
  return await tap.next(AbortSignal.abort()) === undefined;
}

Deno.test("it hands over the newest picture, once", async () => {
  const hub = new Hub("cam");
  using tap = new JpegTap(hub);
  for (const seq of [1, 2, 3]) hub.post(jpegOf(seq), epochNowMs());
  assert.equal((await tap.next(NEVER))?.frame.seq, 3);
  assert.equal(await isNothingNow(tap), true);
});

Deno.test("it waits for the next picture when there is none", async () => {
  const hub = new Hub("cam");
  using tap = new JpegTap(hub);
  const next = tap.next(NEVER);
  hub.post(jpegOf(1), epochNowMs());
  assert.equal((await next)?.frame.seq, 1);
});

Deno.test("an abort ends the wait, without a picture", async () => {
  const hub = new Hub("cam");
  using tap = new JpegTap(hub);
  const abort = new AbortController();
  const next = tap.next(abort.signal);
  abort.abort();
  assert.equal(await next, undefined);
});

Deno.test("a picture that came just now is handed over at once", async () => {
  const hub = new Hub("cam");
  hub.post(jpegOf(1), epochNowMs());
  using tap = new JpegTap(hub);
  assert.equal((await tap.next(AbortSignal.abort()))?.frame.seq, 1);
});

Deno.test("an old picture is not, although its publisher's clock is ahead", async () => {
  const hub = new Hub("cam");
  hub.post(jpegOf(1, Date.now() + 3_600_000), epochNowMs() - 1_001);
  using tap = new JpegTap(hub);
  assert.equal(await isNothingNow(tap), true);
});

Deno.test("an old picture that a publisher replays is not; its clock is corrected first", async () => {
  for (const [ageMs, isFresh] of [[500, true], [60_000, false]] as const) {
    const hub = new Hub("cam");
    const publisher = new RecordingPublisher();
    publisher.clockOffsetMs = -7_200_000;
    hub.attach(publisher, epochNowMs());
    hub.publish(jpegOf(1, Date.now() - 7_200_000 - ageMs), epochNowMs());
    using tap = new JpegTap(hub);
    assert.equal(await isNothingNow(tap), !isFresh);
  }
});

Deno.test("a picture of the publisher before is not handed over", async () => {
  const hub = new Hub("cam");
  using tap = new JpegTap(hub);
  hub.post(jpegOf(1), epochNowMs());
  hub.attach(new RecordingPublisher(), epochNowMs());
  assert.equal(await isNothingNow(tap), true);
});

Deno.test("it holds the rendition until it is disposed of", () => {
  const hub = new Hub("cam");
  const publisher = new RecordingPublisher();
  publisher.offers = ["jpeg"];
  hub.attach(publisher, epochNowMs());
  const tap = new JpegTap(hub);
  assert.deepEqual(publisher.demands, [["jpeg"]]);
  tap[Symbol.dispose]();
  tap[Symbol.dispose]();
  hub.tick(epochNowMs() + 11_000);
  assert.deepEqual(publisher.demands, [["jpeg"], []]);
});
