import * as fc from "fast-check";
import assert from "node:assert/strict";
import { isZoomed, MAX_SCALE, pannedBy, WHOLE, type Zoom, zoomedAt } from "./zoom.ts";

const BOX = { widthPx: 800, heightPx: 450 };
const inBox = fc.record({
  xPx: fc.double({ min: -400, max: 400, noNaN: true }),
  yPx: fc.double({ min: -225, max: 225, noNaN: true }),
});
const anyStep = fc.oneof(
  fc.tuple(fc.constant("zoom" as const), fc.double({ min: 0.1, max: 10, noNaN: true }), inBox),
  fc.tuple(fc.constant("pan" as const), fc.constant(1), inBox),
);

Deno.test("whatever is done, the picture fills its box and is neither smaller nor beyond its bound", () => {
  fc.assert(fc.property(fc.array(anyStep), (steps) => {
    let zoom: Zoom = WHOLE;
    for (const [kind, factor, at] of steps) {
      zoom = kind === "zoom" ? zoomedAt(zoom, factor, at, BOX) : pannedBy(zoom, at, BOX);
      const { scale, centre } = zoom;
      assert.ok(scale >= 1 && scale <= MAX_SCALE);
      assert.ok(Math.abs(centre.xPx) <= (scale - 1) * BOX.widthPx / 2 + 1e-6);
      assert.ok(Math.abs(centre.yPx) <= (scale - 1) * BOX.heightPx / 2 + 1e-6);
    }
  }));
});

Deno.test("growing, what is under the pointer stays under it", () => {
  fc.assert(fc.property(inBox, fc.double({ min: 1, max: 5, noNaN: true }), (at, factor) => {
    const { scale, centre } = zoomedAt(WHOLE, factor, at, BOX);
    assert.ok(Math.abs(at.xPx * scale + centre.xPx - at.xPx) < 1e-6);
    assert.ok(Math.abs(at.yPx * scale + centre.yPx - at.yPx) < 1e-6);
  }));
});

Deno.test("out again is the whole, where it was", () => {
  const close = zoomedAt(WHOLE, 4, { xPx: 300, yPx: -100 }, BOX);
  assert.ok(isZoomed(close));
  const out = zoomedAt(close, 0, { xPx: -50, yPx: 20 }, BOX);
  assert.equal(isZoomed(out), false);
  assert.deepEqual([Math.abs(out.centre.xPx), Math.abs(out.centre.yPx)], [0, 0]);
});
