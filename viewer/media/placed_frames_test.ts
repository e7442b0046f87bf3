import assert from "node:assert/strict";
import { KEPT_US, PlacedFrames } from "./placed_frames.ts";

function placed(id: number, presentUs: number, { key = false, isReplayed = false } = {}) {
  return { id, key, isReplayed, presentUs, placedAtMs: id * 10 };
}

Deno.test("the newest frame that has come is the one that shows, and it shows once", () => {
  const frames = new PlacedFrames();
  for (const id of [1, 2, 3]) frames.add(placed(id, id * 1000));
  assert.equal(frames.shownAt(2950)?.id, 3, "media times are rounded");
  assert.equal(frames.shownAt(3000), undefined);
  frames.add(placed(4, 9000));
  assert.equal(frames.shownAt(8000), undefined);
  assert.equal(frames.waiting, 1);
});

Deno.test("frames that are shown in another order than they are decoded are told apart", () => {
  const frames = new PlacedFrames();
  for (const [id, presentUs] of [[1, 1000], [2, 4000], [3, 2000], [4, 3000]] as const) {
    frames.add(placed(id, presentUs));
  }
  const shown = [1000, 2000, 3000, 4000].map((mediaUs) => frames.shownAt(mediaUs)?.id);
  assert.deepEqual(shown, [1, 3, 4, 2]);
});

Deno.test("how far it is behind is what the oldest waits that is to be shown", () => {
  const frames = new PlacedFrames();
  assert.equal(frames.lagMs(500), 0);
  frames.add(placed(1, 1000, { isReplayed: true }));
  frames.add(placed(2, 2000));
  assert.equal(frames.lagMs(500), 480);
  frames.shownAt(2000);
  assert.equal(frames.lagMs(500), 0);
});

Deno.test("the past is cut in front of a keyframe, never within the GOP that plays", () => {
  const frames = new PlacedFrames();
  for (const id of [0, 1, 2]) frames.add(placed(id, id * 2_000_000, { key: true }));
  assert.equal(frames.cutUs(KEPT_US), 0, "there is nothing before the first");
  assert.equal(frames.cutUs(KEPT_US + 3_900_000), 2_000_000);
  assert.equal(frames.cutUs(KEPT_US + 3_900_000), 0, "once");
  assert.equal(frames.cutUs(KEPT_US * 9), 4_000_000);
});
