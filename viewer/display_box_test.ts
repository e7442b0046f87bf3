import assert from "node:assert/strict";
import { DisplayBox } from "./display_box.ts";

const MAIN = { widthPx: 1280, heightPx: 720 };
const LOW = { widthPx: 640, heightPx: 360 };

Deno.test("a small rendition is shown as large as the large one of the same picture", () => {
  const box = new DisplayBox();
  assert.deepEqual(box.sizeFor(LOW), LOW);
  box.learn("main", MAIN);
  box.learn("low", LOW);
  assert.deepEqual(box.sizeFor(LOW), MAIN);
  assert.deepEqual(box.sizeFor(MAIN), MAIN);
});

Deno.test("sizes rounded to even numbers are of one shape", () => {
  const box = new DisplayBox();
  const pal = { widthPx: 704, heightPx: 576 };
  box.learn("main", pal);
  assert.deepEqual(box.sizeFor({ widthPx: 640, heightPx: 522 }), pal);
});

Deno.test("a camera that was turned, or set to a smaller picture, has a box of its own", () => {
  const box = new DisplayBox();
  box.learn("main", MAIN);
  const upright = { widthPx: 360, heightPx: 640 };
  assert.deepEqual(box.sizeFor(upright), upright);
  const smaller = { widthPx: 960, heightPx: 540 };
  box.learn("main", smaller);
  assert.deepEqual(box.sizeFor(smaller), smaller);
});
