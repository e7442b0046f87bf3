import assert from "node:assert/strict";
import { DecoderTrouble } from "./decoder_trouble.ts";

Deno.test("the third failure within ten seconds is the last", () => {
  const trouble = new DecoderTrouble();
  assert.deepEqual([0, 4000, 8000].map((atMs) => trouble.failed(atMs)), [false, false, true]);
});

Deno.test("failures that are far apart are no trouble", () => {
  const trouble = new DecoderTrouble();
  for (let atMs = 0; atMs < 100_000; atMs += 5000) assert.equal(trouble.failed(atMs), false);
});

Deno.test("a picture in between shows that the decoder works", () => {
  const trouble = new DecoderTrouble();
  trouble.failed(0);
  trouble.failed(1);
  trouble.painted();
  assert.deepEqual([2, 3, 4].map((atMs) => trouble.failed(atMs)), [false, false, true]);
});
