import { decodeMessage } from "@porthole/protocol";
import { parseViewerMessage } from "@porthole/protocol/schema";
import * as fc from "fast-check";
import assert from "node:assert/strict";
import { Opcode } from "./raw_viewer_cutter.ts";
import { AckMessage, maskedFrame } from "./raw_viewer_messages.ts";

function unmasked(frame: Uint8Array): Uint8Array {
  const key = frame.subarray(2, 6);
  return frame.slice(6).map((byte, at) => byte ^ (key[at % 4] ?? 0));
}

Deno.test("a masked frame holds its payload and says how long it is", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 125 }), (payload) => {
    const frame = maskedFrame(Opcode.binary, payload);
    assert.equal(frame[0], 0x82);
    assert.equal(frame[1], 0x80 | payload.byteLength);
    assert.deepEqual(unmasked(frame), payload);
  }));
  assert.throws(() => maskedFrame(Opcode.binary, new Uint8Array(126)), RangeError);
});

Deno.test("ingest understands the acks", () => {
  const ack = new AckMessage();
  for (const seq of [0, 100_000, 0xffff_ffff, 7]) {
    const message = parseViewerMessage(decodeMessage(ack.of(seq)));
    assert.deepEqual(message, { type: "ack", seq, rendition: "main" });
  }
});
