import assert from "node:assert/strict";
import { UsefulSize } from "./useful_size.ts";

function sizeIn(widthPx: number, heightPx: number): UsefulSize {
  const size = new UsefulSize();
  size.box = { widthPx, heightPx };
  return size;
}

Deno.test("before it is laid out nothing is known; taken out of the layout it keeps its size", () => {
  const size = new UsefulSize();
  size.box = { widthPx: 0, heightPx: 0 };
  assert.equal(size.current, undefined);
  size.box = { widthPx: 320, heightPx: 180 };
  const before = size.current;
  assert.deepEqual(before, { widthPx: 640, heightPx: 360 });
  size.box = { widthPx: 0, heightPx: 0 };
  assert.equal(size.current, before);
});

Deno.test("a screen of finer pixels has use for a larger picture", () => {
  const size = sizeIn(320, 180);
  size.pixelRatio = 3;
  assert.deepEqual(size.current, { widthPx: 1920, heightPx: 1080 });
});

Deno.test("it is the very same while the box changes little", () => {
  const size = sizeIn(320, 180);
  const before = size.current;
  size.box = { widthPx: 340, heightPx: 191 };
  assert.equal(size.current, before);
  size.box = { widthPx: 640, heightPx: 360 };
  assert.deepEqual(size.current, { widthPx: 1280, heightPx: 720 });
});

Deno.test("a picture that fills a narrow box is as large as the part that shows of it asks for", () => {
  const size = sizeIn(90, 360);
  assert.deepEqual(size.current, { widthPx: 180, heightPx: 720 });
  size.isFilling = true;
  assert.deepEqual(size.current, { widthPx: 1280, heightPx: 720 });
  size.shape = { widthPx: 480, heightPx: 640 };
  assert.deepEqual(size.current, { widthPx: 540, heightPx: 720 });
});
