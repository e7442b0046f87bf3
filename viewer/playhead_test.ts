import assert from "node:assert/strict";
import fc from "fast-check";
import { Playhead } from "./playhead.ts";

class TestPicture {
  closed = 0;

  constructor(readonly seq: number | undefined) {}

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

Deno.test("pictures of a replay are closed uncounted until its last, which is painted", () => {
  const playhead = new Playhead<TestPicture>();
  playhead.beginReplay(3);
  const replayed = [new TestPicture(1), new TestPicture(2)];
  for (const picture of replayed) assert.equal(playhead.offer(picture), false);
  assert.equal(playhead.isReplaying, true);
  const last = new TestPicture(3);
  assert.equal(playhead.offer(last), true);
  assert.equal(playhead.isReplaying, false);
  assert.equal(playhead.take(), last);
  assert.deepEqual(replayed.map(({ closed }) => closed), [1, 1]);
  assert.equal(playhead.overtaken, 0);
});

Deno.test("a replay whose last picture is missing ends with the first one after it", () => {
  const playhead = new Playhead<TestPicture>();
  playhead.beginReplay(3);
  assert.equal(playhead.offer(new TestPicture(5)), true);
  assert.equal(playhead.offer(new TestPicture(2)), true);
});

Deno.test("a replay that was called off holds nothing back, nor do frames without numbers", () => {
  const playhead = new Playhead<TestPicture>();
  playhead.beginReplay(30);
  playhead.endReplay();
  assert.equal(playhead.offer(new TestPicture(1)), true);
  playhead.beginReplay(30);
  assert.equal(playhead.offer(new TestPicture(undefined)), true);
});

Deno.test("clearing closes what waits, once", () => {
  const playhead = new Playhead<TestPicture>();
  const picture = new TestPicture(1);
  playhead.offer(picture);
  playhead.beginReplay(5);
  playhead.clear();
  playhead.clear();
  assert.equal(picture.closed, 1);
  assert.deepEqual([playhead.waiting, playhead.isReplaying], [0, false]);
});

Deno.test("whatever happens, each picture is handed out or closed, never both, never twice", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("offer"), seq: fc.nat(20) }),
    fc.record({ do: fc.constant("take"), seq: fc.constant(0) }),
    fc.record({ do: fc.constant("replay"), seq: fc.nat(20) }),
  );
  fc.assert(fc.property(fc.array(step), (steps) => {
    const playhead = new Playhead<TestPicture>();
    const offered: TestPicture[] = [];
    const taken = new Set<TestPicture>();
    let lastPainted = -1;
    for (const { do: what, seq } of steps) {
      if (what === "replay") playhead.beginReplay(seq);
      if (what === "take") {
        const picture = playhead.take();
        if (picture !== undefined) {
          const painted = offered.indexOf(picture);
          assert.ok(painted > lastPainted, "an older picture was painted after a newer one");
          lastPainted = painted;
          taken.add(picture);
        }
      }
      if (what === "offer") {
        const picture = new TestPicture(seq);
        offered.push(picture);
        playhead.offer(picture);
      }
    }
    playhead.clear();
    for (const picture of offered) assert.equal(picture.closed, taken.has(picture) ? 0 : 1);
  }));
});
