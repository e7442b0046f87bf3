import assert from "node:assert/strict";
import { countSlices } from "./slice_count.ts";

const START = [0, 0, 0, 1];
const SPS = [...START, 0x67, 0x42, 0xc0, 0x1f];
const FIRST_IDR_SLICE = [...START, 0x65, 0x88, 0x84];
const FURTHER_IDR_SLICE = [0, 0, 1, 0x65, 0x11, 0x84];
const FIRST_SLICE = [...START, 0x41, 0x9a, 0x24];
const FURTHER_SLICE = [0, 0, 1, 0x41, 0x22, 0x24];

Deno.test("slices are counted by access unit, whatever else is in it", () => {
  const stream = [SPS, FIRST_IDR_SLICE, FURTHER_IDR_SLICE, FIRST_SLICE, FIRST_SLICE, FURTHER_SLICE];
  assert.deepEqual(countSlices(Uint8Array.from(stream.flat())), [2, 1, 2]);
  assert.deepEqual(countSlices(new Uint8Array(0)), []);
});
