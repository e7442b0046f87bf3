import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CLOCK_BITS,
  CLOCK_CELL_PX,
  CLOCK_CELLS,
  CLOCK_MODULUS_MS,
  clockAgeMs,
  FIRST_BIT_CELL,
  PARITY_CELL,
  readClock,
} from "./clock_pattern.ts";

const clockMs = () => fc.integer({ min: 0, max: CLOCK_MODULUS_MS - 1 });

/** The row of cells as the layout describes it, independently of the reader. */
function cellsOf(valueMs: number): boolean[] {
  const bits = [...valueMs.toString(2).padStart(CLOCK_BITS, "0")].map((bit) => bit === "1");
  return [true, false, ...bits, bits.filter(Boolean).length % 2 === 1];
}

function lumaOf(
  cells: readonly boolean[],
  { white = 255, black = 0, cellPx = CLOCK_CELL_PX } = {},
) {
  return (x: number, y: number) => y < cellPx && cells[Math.floor(x / cellPx)] ? white : black;
}

Deno.test("the clock is read back, also from a scaled or washed out picture", () => {
  fc.assert(
    fc.property(
      clockMs(),
      fc.constantFrom(4, 8, 12.5, 16, 24),
      fc.integer({ min: 0, max: 80 }),
      fc.integer({ min: 180, max: 255 }),
      (value, cellPx, black, white) => {
        const luma = lumaOf(cellsOf(value), { white, black, cellPx });
        assert.equal(readClock(luma, cellPx), value);
      },
    ),
  );
});

Deno.test("a single wrong cell among bits and parity is noticed", () => {
  fc.assert(
    fc.property(clockMs(), fc.integer({ min: FIRST_BIT_CELL, max: PARITY_CELL }), (value, cell) => {
      const cells = cellsOf(value);
      cells[cell] = !cells[cell];
      assert.equal(readClock(lumaOf(cells)), undefined);
    }),
  );
});

Deno.test("what is no clock is not read as one", () => {
  const allWhite = Array.from({ length: CLOCK_CELLS }, () => true);
  const [first, second, ...rest] = cellsOf(123_456);
  assert.equal(readClock(lumaOf(allWhite)), undefined);
  assert.equal(readClock(lumaOf(allWhite.map(() => false))), undefined);
  assert.equal(readClock(lumaOf([second ?? false, first ?? true, ...rest])), undefined);
  assert.equal(readClock(() => NaN), undefined);
});

Deno.test("the age of a picture survives the clock's starting over", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2020), max: Date.UTC(2100) }),
      fc.integer({ min: -1_000, max: 60_000 }),
      (shownMs, ageMs) =>
        assert.equal(clockAgeMs(shownMs % CLOCK_MODULUS_MS, shownMs + ageMs), ageMs),
    ),
  );
});
