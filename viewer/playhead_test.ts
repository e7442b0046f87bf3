import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_STEP_BACK_MS, MAX_WAITING, Playhead } from "./playhead.ts";

class TestPicture {
  closed = 0;

  constructor(
    readonly timestampMs: number,
    readonly rendition = "main",
    readonly isReplayed = false,
  ) {}

  close(): void {
    this.closed++;
  }
}

Deno.test("the newest picture is painted, the one it overtook is closed and counted", () => {
  const playhead = new Playhead<TestPicture>();
  const [old, newest] = [new TestPicture(1), new TestPicture(2)];
  playhead.offer(old);
  playhead.offer(newest);
  assert.equal(playhead.waiting, 1);
  assert.equal(playhead.take(), newest);
  assert.equal(playhead.take(), undefined);
  assert.deepEqual([old.closed, newest.closed, playhead.overtaken], [1, 0, 1]);
});

Deno.test("pictures of a replay are closed uncounted; what waits to be painted stays", () => {
  const playhead = new Playhead<TestPicture>();
  const replayed = [new TestPicture(1, "low", true), new TestPicture(2, "low", true)];
  for (const picture of replayed) assert.equal(playhead.offer(picture), false);
  const last = new TestPicture(3, "low");
  assert.equal(playhead.offer(last), true);
  assert.equal(playhead.offer(new TestPicture(1, "low", true)), true);
  assert.equal(playhead.take(), last);
  assert.deepEqual(replayed.map(({ closed }) => closed), [1, 1]);
  assert.equal(playhead.overtaken, 0);
});

Deno.test("another rendition is painted from where the one before has come to, not earlier", () => {
  const playhead = new Playhead<TestPicture>();
  playhead.offer(new TestPicture(1000, "main"));
  playhead.take();
  const behind = new TestPicture(900, "low");
  assert.equal(playhead.offer(behind), false);
  assert.deepEqual([behind.closed, playhead.overtaken], [1, 1]);
  assert.equal(playhead.offer(new TestPicture(1000, "low")), true);
  assert.equal(playhead.take()?.rendition, "low");
});

Deno.test("it is not painted over a newer one that still waits, either", () => {
  const playhead = new Playhead<TestPicture>();
  const waiting = new TestPicture(1033, "main");
  playhead.offer(waiting);
  assert.equal(playhead.offer(new TestPicture(1010, "low")), true);
  assert.equal(playhead.take(), waiting);
});

Deno.test("within a rendition the decoder's order holds, as with B-frames", () => {
  const playhead = new Playhead<TestPicture>();
  for (const timestampMs of [1000, 1066, 1100, 1033]) {
    const picture = new TestPicture(timestampMs);
    assert.equal(playhead.offer(picture), true);
    assert.equal(playhead.take(), picture);
  }
});

Deno.test("a clock that was set back does not stop the picture", () => {
  const playhead = new Playhead<TestPicture>();
  playhead.offer(new TestPicture(MAX_STEP_BACK_MS * 9, "main"));
  playhead.take();
  assert.equal(playhead.offer(new TestPicture(0, "low")), true);
  playhead.take();
  playhead.offer(new TestPicture(1000, "low"));
  playhead.take();
  playhead.sourceRestarted();
  assert.equal(playhead.offer(new TestPicture(500, "main")), true);
});

Deno.test("clearing closes what waits, once, and forgets nothing that was painted", () => {
  const playhead = new Playhead<TestPicture>();
  playhead.offer(new TestPicture(10, "main"));
  playhead.take();
  const picture = new TestPicture(11);
  playhead.offer(picture);
  playhead.clear();
  playhead.clear();
  assert.deepEqual([picture.closed, playhead.waiting], [1, 0]);
  assert.equal(playhead.offer(new TestPicture(9, "low")), false);
});

Deno.test("pictures that are to wait are painted when they are due, the newest of them", () => {
  const playhead = new Playhead<TestPicture>();
  const pictures = [10, 20, 30].map((timestampMs) => new TestPicture(timestampMs));
  for (const picture of pictures) assert.equal(playhead.offer(picture, picture.timestampMs), true);
  assert.equal(playhead.take(9), undefined);
  assert.equal(playhead.take(25), pictures[1]);
  assert.deepEqual([playhead.waiting, playhead.overtaken], [1, 1]);
  assert.equal(playhead.take(25), undefined);
  assert.equal(playhead.take(30), pictures[2]);
});

Deno.test("what is due no later than one that waits takes its place: that is catching up", () => {
  const playhead = new Playhead<TestPicture>();
  const [early, late, newest] = [1, 2, 3].map((timestampMs) => new TestPicture(timestampMs));
  assert.ok(early && late && newest);
  playhead.offer(early, 100);
  playhead.offer(late, 200);
  playhead.offer(newest, 150);
  assert.deepEqual([early.closed, late.closed, playhead.overtaken], [0, 1, 1]);
  assert.equal(playhead.take(200), newest);
});

Deno.test("a decoder's pictures are not held without bound: the oldest gives way", () => {
  const playhead = new Playhead<TestPicture>();
  const pictures = Array.from({ length: MAX_WAITING + 3 }, (_, index) => new TestPicture(index));
  for (const picture of pictures) playhead.offer(picture, 1000 + picture.timestampMs);
  assert.deepEqual([playhead.waiting, playhead.overtaken], [MAX_WAITING, 3]);
  assert.deepEqual(pictures.map(({ closed }) => closed).slice(0, 4), [1, 1, 1, 0]);
});

Deno.test("another rendition goes back behind none of those that wait, whichever is painted", () => {
  const playhead = new Playhead<TestPicture>();
  playhead.offer(new TestPicture(10, "main"), 20);
  playhead.offer(new TestPicture(3, "main"), 30);
  const low = new TestPicture(5, "low");
  playhead.offer(low, 25);
  assert.equal(playhead.take(20)?.timestampMs, 10);
  assert.deepEqual([playhead.take(25), low.closed], [undefined, 1]);
  playhead.clear();
});

Deno.test("whatever happens, each picture is painted or closed once, and none shows the past", () => {
  const step = fc.record({
    do: fc.constantFrom("offer", "offer", "take"),
    timestampMs: fc.nat(MAX_STEP_BACK_MS),
    rendition: fc.constantFrom("main", "low", "jpeg"),
    isReplayed: fc.boolean(),
    nowMs: fc.nat(50),
    dueMs: fc.option(fc.nat(50), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const playhead = new Playhead<TestPicture>();
    const offered: TestPicture[] = [];
    const painted: TestPicture[] = [];
    for (const { do: what, timestampMs, rendition, isReplayed, nowMs, dueMs } of steps) {
      if (what === "take") {
        const picture = playhead.take(nowMs);
        if (picture !== undefined) painted.push(picture);
      } else {
        const picture = new TestPicture(timestampMs, rendition, isReplayed);
        offered.push(picture);
        playhead.offer(picture, dueMs);
      }
    }
    playhead.clear();
    for (const picture of offered) {
      assert.equal(picture.closed, painted.includes(picture) ? 0 : 1);
    }
    painted.forEach((picture, index) => {
      assert.equal(picture.isReplayed, false);
      const before = painted[index - 1];
      if (before === undefined) return;
      assert.ok(offered.indexOf(picture) > offered.indexOf(before));
      if (picture.rendition === before.rendition) return;
      assert.ok(picture.timestampMs >= before.timestampMs, "a change of rendition went back");
    });
  }));
});
