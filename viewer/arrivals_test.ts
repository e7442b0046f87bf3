import assert from "node:assert/strict";
import type { Frame } from "@porthole/protocol";
import fc from "fast-check";
import { Arrivals } from "./arrivals.ts";

function h264(rendition: string, seq: number | undefined, key = false): Frame {
  const codec = "avc1.42c01f";
  const frame = {
    timestamp: 0,
    width: 2,
    height: 2,
    data: new Uint8Array(1),
    codec,
    key,
    rendition,
  };
  return seq === undefined ? frame : { ...frame, seq };
}

Deno.test("a replay is old up to its last frame, which is not", () => {
  const arrivals = new Arrivals();
  arrivals.beginReplay("main", 3);
  const said = [1, 2, 3, 4].map((seq) => arrivals.arrived(h264("main", seq, seq === 1)));
  assert.deepEqual(said, ["replayed", "replayed", "live", "live"]);
});

Deno.test("a replay of one rendition says nothing of another that still comes", () => {
  const arrivals = new Arrivals();
  arrivals.arrived(h264("main", 7, true));
  arrivals.beginReplay("low", 900);
  assert.equal(arrivals.arrived(h264("main", 8)), "live");
  assert.equal(arrivals.arrived(h264("main", 9, true)), "live");
  assert.equal(arrivals.arrived(h264("low", 898, true)), "replayed");
  assert.equal(arrivals.arrived(h264("low", 899)), "replayed");
  assert.equal(arrivals.arrived(h264("low", 900)), "live");
});

Deno.test("a replay that another rendition cuts short is over when its own comes back", () => {
  const arrivals = new Arrivals();
  arrivals.beginReplay("main", 900);
  assert.equal(arrivals.arrived(h264("main", 600, true)), "replayed");
  assert.equal(arrivals.arrived(h264("low", 5, true)), "live");
  assert.equal(arrivals.arrived(h264("main", 700, true)), "live");
});

Deno.test("a replay behind one of another rendition counts for itself, whole or not", () => {
  for (const lowFrames of [2, 3]) {
    const arrivals = new Arrivals();
    arrivals.beginReplay("low", 903);
    const low = [901, 902, 903].slice(0, lowFrames)
      .map((seq) => arrivals.arrived(h264("low", seq, seq === 901)));
    assert.deepEqual(low, ["replayed", "replayed", "live"].slice(0, lowFrames));
    arrivals.beginReplay("main", 3);
    const main = [1, 2, 3, 4].map((seq) => arrivals.arrived(h264("main", seq, seq === 1)));
    assert.deepEqual(main, ["replayed", "replayed", "live", "live"]);
  }
});

Deno.test("a replay may repeat what came before; without one, going back is a new start", () => {
  const arrivals = new Arrivals();
  arrivals.arrived(h264("main", 30, true));
  arrivals.arrived(h264("main", 31));
  arrivals.beginReplay("main", 33);
  assert.equal(arrivals.arrived(h264("main", 30, true)), "replayed");
  assert.equal(arrivals.arrived(h264("main", 33)), "live");
  assert.equal(arrivals.arrived(h264("main", 0, true)), "restarted");
  assert.equal(arrivals.arrived(h264("main", 1)), "live");
});

Deno.test("a smaller number in another rendition is no new start", () => {
  const arrivals = new Arrivals();
  arrivals.arrived(h264("main", 5000, true));
  assert.equal(arrivals.arrived(h264("low", 3, true)), "live");
  assert.equal(arrivals.arrived(h264("main", 5010, true)), "live");
  assert.equal(arrivals.arrived(h264("low", 4, true)), "live");
});

Deno.test("a publisher that starts again in the middle of a replay ends it", () => {
  const arrivals = new Arrivals();
  arrivals.beginReplay("main", 900);
  arrivals.arrived(h264("main", 600, true));
  assert.equal(arrivals.arrived(h264("main", 0, true)), "restarted");
  assert.equal(arrivals.arrived(h264("main", 1)), "live");
});

Deno.test("frames without numbers are live, and so is all after a new beginning", () => {
  const arrivals = new Arrivals();
  arrivals.beginReplay("main", 900);
  assert.equal(arrivals.arrived(h264("main", undefined, true)), "live");
  arrivals.arrived(h264("main", 600, true));
  arrivals.forget();
  assert.equal(arrivals.arrived(h264("main", 10, true)), "live");
});

Deno.test("however renditions and replays mix, only frames before a replay's end are called old", () => {
  const rendition = fc.constantFrom("main", "low", "jpeg");
  const step = fc.oneof(
    fc.record({ do: fc.constant("replay"), rendition, seq: fc.nat(40), key: fc.boolean() }),
    fc.record({ do: fc.constant("frame"), rendition, seq: fc.nat(40), key: fc.boolean() }),
  );
  fc.assert(fc.property(fc.array(step), (steps) => {
    const arrivals = new Arrivals();
    let replay: { rendition: string; seq: number } | undefined;
    for (const { do: what, rendition, seq, key } of steps) {
      if (what === "replay") {
        arrivals.beginReplay(rendition, seq);
        replay = { rendition, seq };
      } else if (arrivals.arrived(h264(rendition, seq, key)) === "replayed") {
        assert.ok(replay !== undefined && rendition === replay.rendition && seq < replay.seq);
      }
    }
  }));
});
