import * as fc from "fast-check";
import assert from "node:assert/strict";
import { TileLimit } from "./tile_limit.ts";

const anyWidth = fc.integer({ min: 40, max: 4000 });

function tile(widthPx: number) {
  return { widthPx, heightPx: Math.round(widthPx * 9 / 16) };
}

Deno.test("a tile of 320 px has no use for 1280, one of 640 has, and none is asked to blow low up", () => {
  assert.ok(new TileLimit().limitFor(tile(320)).widthPx < 1280);
  assert.ok(new TileLimit().limitFor(tile(640)).widthPx >= 1280);
  assert.ok(new TileLimit().limitFor(tile(639)).widthPx < 1280);
});

Deno.test("it holds while the size changes little: the very same, so that nothing is sent", () => {
  fc.assert(
    fc.property(anyWidth, fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true })), (px, waves) => {
      const limit = new TileLimit();
      const first = limit.limitFor({ widthPx: px, heightPx: px });
      for (const wave of waves) {
        const size = Math.max(1, px * wave);
        assert.equal(limit.limitFor({ widthPx: size, heightPx: size }), first);
      }
    }),
  );
});

Deno.test("whatever came before, it is never far from what the tile needs", () => {
  fc.assert(fc.property(fc.array(anyWidth, { minLength: 1 }), (widths) => {
    const limit = new TileLimit();
    for (const px of widths) {
      const { widthPx } = limit.limitFor(tile(px));
      assert.ok(widthPx >= 1.7 * px && widthPx <= 2.4 * px, `${widthPx} for ${px}`);
    }
  }));
});
