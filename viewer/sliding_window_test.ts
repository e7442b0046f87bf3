import assert from "node:assert/strict";
import { medianOf, SlidingWindow } from "./sliding_window.ts";

Deno.test("values leave the window when they are as old as its span", () => {
  const window = new SlidingWindow(1000, 8);
  window.add(0, 1);
  window.add(500, 2);
  assert.deepEqual(window.values(999), [1, 2]);
  assert.deepEqual(window.values(1000), [2]);
  assert.deepEqual(window.values(1500), []);
});

Deno.test("a full window lets the oldest go", () => {
  const window = new SlidingWindow(1000, 3);
  for (let value = 1; value <= 5; value++) window.add(value, value);
  assert.deepEqual(window.values(6), [3, 4, 5]);
});

Deno.test("a rate is over the span, and over less while there was less", () => {
  const window = new SlidingWindow(2000, 256);
  for (let atMs = 0; atMs < 1000; atMs += 100) window.add(atMs, 1);
  assert.equal(window.ratePerSecond(1000), 10);
  for (let atMs = 1000; atMs < 5000; atMs += 100) window.add(atMs, 1);
  assert.ok(Math.abs(window.ratePerSecond(5000) - 10) <= 0.5);
  assert.equal(window.ratePerSecond(8000), 0);
});

Deno.test("one value alone is no thousand a second", () => {
  const window = new SlidingWindow(2000, 8);
  window.add(0, 1);
  assert.ok(window.ratePerSecond(0) <= 2);
});

Deno.test("a cleared window starts over", () => {
  const window = new SlidingWindow(2000, 8);
  window.add(0, 5);
  window.clear();
  assert.deepEqual(window.values(1), []);
  assert.equal(window.ratePerSecond(1), 0);
});

Deno.test("the median is the value in the middle", () => {
  assert.equal(medianOf([]), undefined);
  assert.equal(medianOf([9, 1, 100]), 9);
  assert.equal(medianOf([2, 10, 9, 1]), 9);
});
