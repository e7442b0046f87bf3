import type { EncodedFrame, Frame } from "@porthole/protocol";
import assert from "node:assert/strict";
import fc from "fast-check";
import { RenditionLanes } from "./rendition_lanes.ts";

const H264 = { codec: "avc1.42c01e", key: true };
const JPEG = { codec: "jpeg" };

function frameOf(fields: Partial<Frame>, bytes: number): EncodedFrame {
  const data = new Uint8Array(bytes);
  return { frame: { timestamp: 0, width: 2, height: 2, seq: 0, ...fields, data }, bytes: data };
}

function offer(lanes: RenditionLanes, encoded: EncodedFrame, nowMs = 0): boolean {
  return lanes.of(encoded.frame).lane.offer(encoded, nowMs);
}

/** Takes so many and says of which renditions they are. */
function take(lanes: RenditionLanes, count: number): string[] {
  return Array.from({ length: count }, () => lanes.take()?.frame.rendition ?? "none");
}

Deno.test("a rendition has one lane, whether its frames name it or not", () => {
  const lanes = new RenditionLanes(1);
  const main = lanes.of(frameOf(H264, 1).frame);
  assert.equal(main.name, "main");
  assert.equal(lanes.of(frameOf({ ...H264, rendition: "main" }, 1).frame), main);
  assert.equal(lanes.find("main"), main);
  assert.equal(lanes.find(undefined), main, "the only one");
  const jpeg = lanes.of(frameOf(JPEG, 1).frame);
  assert.equal(lanes.find(undefined), undefined, "one of two");
  assert.equal(lanes.find("low"), undefined);
  assert.deepEqual([...lanes], [main, jpeg]);
});

Deno.test("of JPEGs alone the newest wait, as many as were set", () => {
  const lanes = new RenditionLanes(2);
  for (let seq = 0; seq < 5; seq++) {
    offer(lanes, frameOf({ ...JPEG, seq }, 10));
    offer(lanes, frameOf({ ...H264, seq }, 10));
  }
  assert.equal(lanes.discarded, 3);
  const taken = Array.from({ length: 8 }, () => lanes.take()?.frame);
  const seqs = (codec: string) => taken.flatMap((f) => f?.codec === codec ? [f.seq] : []);
  assert.deepEqual([seqs(JPEG.codec), seqs(H264.codec)], [[3, 4], [0, 1, 2, 3, 4]]);
});

Deno.test("main's backlog does not hold up the low rendition", () => {
  const lanes = new RenditionLanes(1);
  for (let n = 0; n < 10; n++) offer(lanes, frameOf({ ...H264, rendition: "main" }, 50_000));
  assert.deepEqual(take(lanes, 2), ["main", "main"]);
  for (let n = 0; n < 10; n++) offer(lanes, frameOf({ ...H264, rendition: "low" }, 2_000));
  assert.deepEqual(take(lanes, 10), Array(10).fill("low"));
  assert.deepEqual(take(lanes, 9), [...Array(8).fill("main"), "none"]);
});

Deno.test("a rendition that had nothing to send has saved nothing up", () => {
  const lanes = new RenditionLanes(1);
  offer(lanes, frameOf({ ...H264, rendition: "low" }, 1_000));
  assert.deepEqual(take(lanes, 1), ["low"]);
  for (let n = 0; n < 10; n++) offer(lanes, frameOf({ ...H264, rendition: "main" }, 1_000));
  assert.deepEqual(take(lanes, 7), Array(7).fill("main"));
  for (let n = 0; n < 10; n++) offer(lanes, frameOf({ ...H264, rendition: "low" }, 1_000));
  assert.ok(take(lanes, 4).filter((rendition) => rendition === "main").length >= 1);
});

Deno.test("JPEGs, large as they are, do not hold up main", () => {
  const lanes = new RenditionLanes(1);
  const sent = new Map<string, number>();
  // A link that takes a JPEG in the time of three frames of main.
  let budgetBytes = 0;
  for (let n = 0; n < 300; n++) {
    offer(lanes, frameOf({ ...H264, rendition: "main" }, 15_000));
    offer(lanes, frameOf({ ...JPEG, rendition: "jpeg" }, 100_000));
    for (budgetBytes += 50_000; budgetBytes > 0;) {
      const taken = lanes.take();
      if (taken === undefined) break;
      budgetBytes -= taken.bytes.byteLength;
      const { rendition = "" } = taken.frame;
      lanes.find(rendition)?.lane.acknowledge(0);
      sent.set(rendition, (sent.get(rendition) ?? 0) + 1);
    }
  }
  assert.ok((sent.get("main") ?? 0) >= 298, `${sent.get("main")} of 300 of main`);
  assert.ok((sent.get("jpeg") ?? 0) >= 100, `${sent.get("jpeg")} JPEGs`);
});

Deno.test("whatever waits: none gets less than its share by more than a frame of each", () => {
  const MAX_BYTES = 10_000;
  const sizes = fc.array(fc.integer({ min: 1, max: MAX_BYTES }), { minLength: 5, maxLength: 60 });
  fc.assert(
    fc.property(fc.tuple(sizes, sizes, sizes), (renditions) => {
      const lanes = new RenditionLanes(1);
      renditions.forEach((bytes, index) => {
        for (const size of bytes) offer(lanes, frameOf({ ...H264, rendition: `r${index}` }, size));
      });
      const sent = new Map<string, number>();
      // While all of them have something waiting.
      while ([...lanes].every(({ lane }) => lane.hasWaiting)) {
        const taken = lanes.take();
        assert.ok(taken !== undefined);
        const { rendition = "" } = taken.frame;
        sent.set(rendition, (sent.get(rendition) ?? 0) + taken.bytes.byteLength);
        const shares = renditions.map((_, index) => sent.get(`r${index}`) ?? 0);
        const spread = Math.max(...shares) - Math.min(...shares);
        assert.ok(spread <= 2 * MAX_BYTES, `${shares}`);
      }
    }),
  );
});
