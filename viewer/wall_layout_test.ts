import * as fc from "fast-check";
import assert from "node:assert/strict";
import { layoutOf, MIN_FITTING_TILE_PX, type WallSpace } from "./wall_layout.ts";

const ASPECT = 16 / 9;

function space(widthPx: number, heightPx: number): WallSpace {
  return { widthPx, heightPx, gapPx: 8, aspect: ASPECT };
}

const anySpace = fc.record({
  widthPx: fc.integer({ min: 320, max: 4000 }),
  heightPx: fc.integer({ min: 150, max: 2200 }),
  gapPx: fc.integer({ min: 0, max: 24 }),
  aspect: fc.constantFrom(4 / 3, 16 / 9, 9 / 16),
});
const anyCount = fc.integer({ min: 1, max: 64 });

Deno.test("walls that people have", () => {
  const shape = (count: number, widthPx: number, heightPx: number) => {
    const { columns, rows, scrolls } = layoutOf(count, space(widthPx, heightPx));
    return [columns, rows, scrolls];
  };
  assert.deepEqual(shape(1, 1250, 730), [1, 1, false]);
  assert.deepEqual(shape(4, 1250, 730), [2, 2, false]);
  assert.deepEqual(shape(9, 1250, 730), [3, 3, false]);
  assert.deepEqual(shape(16, 1250, 730), [4, 4, false]);
  assert.deepEqual(shape(64, 3800, 2080), [8, 8, false]);
  assert.deepEqual(shape(4, 344, 580), [1, 4, false], "a phone");
  assert.deepEqual(shape(30, 344, 580), [2, 15, true], "more than a phone can hold");
});

Deno.test("tiles have their shape, lie in the space, and have a row for each", () => {
  fc.assert(fc.property(anyCount, anySpace, (count, given) => {
    const { columns, rows, tileWidthPx, tileHeightPx, scrolls } = layoutOf(count, given);
    assert.ok(columns * rows >= count && columns * (rows - 1) < count);
    assert.ok(columns * tileWidthPx + (columns - 1) * given.gapPx <= given.widthPx);
    const allHighPx = rows * tileHeightPx + (rows - 1) * given.gapPx;
    if (!scrolls) {
      assert.ok(allHighPx <= given.heightPx);
      assert.ok(tileWidthPx >= MIN_FITTING_TILE_PX);
    }
    assert.ok(Math.abs(tileHeightPx - tileWidthPx / given.aspect) <= 1);
  }));
});

Deno.test("no other number of columns would make tiles larger without scrolling", () => {
  fc.assert(fc.property(anyCount, anySpace, (count, given) => {
    const { tileWidthPx, scrolls } = layoutOf(count, given);
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns);
      const byWidth = (given.widthPx - (columns - 1) * given.gapPx) / columns;
      const byHeight = (given.heightPx - (rows - 1) * given.gapPx) / rows * given.aspect;
      const largestPx = Math.floor(Math.min(byWidth, byHeight));
      if (scrolls) assert.ok(largestPx < MIN_FITTING_TILE_PX);
      else assert.ok(largestPx <= tileWidthPx);
    }
  }));
});

Deno.test("a scroll bar that appears does not make itself unnecessary", () => {
  fc.assert(fc.property(anyCount, anySpace, (count, given) => {
    if (!layoutOf(count, given).scrolls) return;
    assert.ok(layoutOf(count, { ...given, widthPx: given.widthPx - 15 }).scrolls);
  }));
});
