import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isKeyframe } from "./frame.ts";
import { type EncodedFrame, GopCache } from "./gop_cache.ts";
import { MAX_GOP_FRAMES } from "./limits.ts";

function encoded(key: boolean, timestamp = 0, bytes = 10): EncodedFrame {
  const data = new Uint8Array(0);
  const frame = { timestamp, width: 2, height: 2, data, codec: "avc1.64001f", key };
  return { frame, bytes: new Uint8Array(bytes) };
}

Deno.test("the cache is the last keyframe and all that followed it, whatever came", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (keys) => {
    const cache = new GopCache();
    const all = keys.map((key) => encoded(key));
    for (const frame of all) cache.add(frame);
    const lastKey = keys.lastIndexOf(true);
    assert.deepEqual(cache.frames, lastKey < 0 ? [] : all.slice(lastKey));
    assert.equal(cache.bytes, 10 * cache.frames.length);
  }));
});

Deno.test("the bounds are kept, and what is offered always starts with a keyframe", () => {
  const step = fc.record({ key: fc.boolean(), bytes: fc.nat(60), stepMs: fc.nat(60) });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const cache = new GopCache(100, 200);
    let nowMs = 1000;
    for (const { key, bytes, stepMs } of steps) {
      cache.add(encoded(key, nowMs += stepMs, bytes));
      const [first] = cache.frames;
      if (first === undefined) continue;
      assert.ok(isKeyframe(first.frame));
      assert.ok(cache.bytes <= 100);
      assert.ok(nowMs - first.frame.timestamp <= 200);
    }
  }));
});

Deno.test("a GOP that outgrew a bound is not offered in part, the next one is", () => {
  for (const tooMuch of [encoded(false, 0, 101), encoded(false, 201)]) {
    const cache = new GopCache(100, 200);
    cache.add(encoded(true));
    cache.add(tooMuch);
    cache.add(encoded(false));
    assert.deepEqual(cache.frames, []);
    assert.equal(cache.bytes, 0);
    const keyframe = encoded(true, 300);
    cache.add(keyframe);
    assert.deepEqual(cache.frames, [keyframe]);
  }
});

Deno.test("a reader that is walking the frames is not disturbed by the next GOP", () => {
  const cache = new GopCache();
  const keyframe = encoded(true);
  cache.add(keyframe);
  const held = cache.frames;
  cache.add(encoded(true, 40));
  assert.deepEqual(held, [keyframe]);
  cache.clear();
  assert.deepEqual(cache.frames, []);
});

Deno.test("frames without number that all bear one time are given up as well", () => {
  const cache = new GopCache();
  cache.add(encoded(true));
  for (let count = 1; count < MAX_GOP_FRAMES; count++) cache.add(encoded(false));
  assert.equal(cache.frames.length, MAX_GOP_FRAMES);
  cache.add(encoded(false));
  assert.deepEqual(cache.frames, []);
});
