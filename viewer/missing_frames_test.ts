import type { Frame } from "@porthole/protocol";
import assert from "node:assert/strict";
import { MissingFrames } from "./missing_frames.ts";

function frame(seq: number, fields: Partial<Frame> = {}): Frame {
  const data = new Uint8Array(1);
  return { timestamp: 0, width: 2, height: 2, codec: "avc1.42c01f", data, seq, ...fields };
}

Deno.test("numbers that were passed over were lost, but for those ingest says it discarded", () => {
  const missing = new MissingFrames();
  for (const seq of [1, 2, 6, 7, 17]) missing.arrived(frame(seq), "live");
  assert.equal(missing.lostBeforeServer(0), 12);
  assert.equal(missing.lostBeforeServer(9), 3);
  assert.equal(missing.lostBeforeServer(50), 0);
});

Deno.test("a replay, a restart, another rendition, a pause and JPEGs lose nothing", () => {
  const missing = new MissingFrames();
  missing.arrived(frame(10), "live");
  missing.arrived(frame(30), "replayed");
  missing.arrived(frame(31), "live");
  missing.arrived(frame(90, { rendition: "low" }), "live");
  missing.arrived(frame(5, { rendition: "low" }), "restarted");
  missing.arrived(frame(6, { rendition: "low" }), "live");
  missing.forget();
  missing.arrived(frame(600, { rendition: "low" }), "live");
  missing.arrived(frame(700, { codec: "jpeg" }), "live");
  missing.arrived(frame(710, { codec: "jpeg" }), "live");
  assert.equal(missing.lostBeforeServer(0), 0);
});
