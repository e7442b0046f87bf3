import assert from "node:assert/strict";
import fc from "fast-check";
import { FRAME_LASTS_US, MediaTimeline, type TimedFrame } from "./media_timeline.ts";

const FRAME_US = 40_000;

function live(ptsUs: number, key = false): TimedFrame {
  return { key, ptsUs, isReplayed: false };
}

Deno.test("a frame is due where the playhead is when it comes, and what it is to wait later", () => {
  const timeline = new MediaTimeline();
  const first = timeline.place(live(0, true), 0, 0);
  assert.equal(first.seekToUs, first.presentUs);
  assert.equal(timeline.place(live(FRAME_US), 900_000, 0).presentUs, 900_000);
  assert.equal(timeline.place(live(2 * FRAME_US), 940_000, 16_000).presentUs, 956_000);
});

Deno.test("frames that come all at once overtake one another: nothing is late for long", () => {
  const timeline = new MediaTimeline();
  timeline.place(live(0, true), 0, 0);
  const places = Array.from(
    { length: 30 },
    (_, index) => timeline.place(live((index + 1) * FRAME_US), 2_000_000, 0).presentUs,
  );
  assert.equal(places[0], 2_000_000);
  assert.ok((places.at(-1) ?? Infinity) < 2_000_000 + FRAME_US);
});

Deno.test("a replay lies in front of where is sought to, the first live frame on it or behind", () => {
  const timeline = new MediaTimeline();
  timeline.place(live(0, true), 0, 0);
  const replayed = Array.from(
    { length: 300 },
    (_, index) =>
      timeline.place({ key: index === 0, ptsUs: index * FRAME_US, isReplayed: true }, 5_000_000, 0),
  );
  const seekToUs = replayed[0]?.seekToUs ?? 0;
  assert.ok(replayed.slice(1).every((place) => place.seekToUs === undefined), "once");
  assert.ok(replayed.every(({ presentUs }) => presentUs >= 5_000_000 && presentUs < seekToUs));
  const replayEndsUs = (replayed.at(-1)?.presentUs ?? Infinity) + FRAME_LASTS_US;
  assert.ok(replayEndsUs < seekToUs, "none shows at what is sought to");
  const next = timeline.place(live(300 * FRAME_US), seekToUs, 0);
  assert.deepEqual([next.presentUs, next.seekToUs], [seekToUs, undefined]);
});

Deno.test("a camera that starts over changes nothing: its clock is not that of the timeline", () => {
  const timeline = new MediaTimeline();
  timeline.place(live(900 * FRAME_US, true), 0, 0);
  assert.equal(timeline.place(live(0, true), 1_000_000, 0).presentUs, 1_000_000);
  assert.equal(timeline.place(live(FRAME_US), 1_040_000, 0).presentUs, 1_040_000);
});

Deno.test("B-frames come between those that they are between", () => {
  const timeline = new MediaTimeline();
  timeline.place(live(0, true), 0, 0);
  const p = timeline.place(live(3 * FRAME_US), 120_000, 0);
  const b = [1, 2].map((index) => timeline.place(live(index * FRAME_US), 120_000, 0));
  assert.deepEqual(b.map(({ presentUs }) => presentUs), [40_333, 80_167]);
  assert.ok(p.decodeUs < (b[0]?.decodeUs ?? 0) && (b[0]?.decodeUs ?? 0) < (b[1]?.decodeUs ?? 0));
});

Deno.test("whatever comes: decoding times rise, in steps that leave no gap, and none is shared", () => {
  const step = fc.record({
    passedUs: fc.nat(500_000),
    waitUs: fc.constantFrom(0, 16_000, 200_000),
    key: fc.boolean(),
    isReplayed: fc.boolean(),
    stalls: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const timeline = new MediaTimeline();
    let playheadUs = 0;
    let lastUs = -1;
    let endUs = 0;
    steps.forEach(({ passedUs, waitUs, stalls, ...frame }, index) => {
      // A media element goes no further than what it has.
      if (!stalls) playheadUs = Math.min(playheadUs + passedUs, Math.max(playheadUs, endUs));
      const place = timeline.place({ ...frame, ptsUs: index * FRAME_US }, playheadUs, waitUs);
      if (place.seekToUs !== undefined) playheadUs = place.seekToUs;
      assert.ok(place.presentUs > lastUs, "in their order");
      assert.ok(index === 0 || place.presentUs - lastUs <= 2 * FRAME_LASTS_US, "no gap");
      assert.ok(Number.isInteger(place.presentUs) && place.decodeUs <= place.presentUs);
      lastUs = place.presentUs;
      endUs = lastUs + FRAME_LASTS_US;
    });
  }));
});
