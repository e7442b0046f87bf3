import { type Ack, decodeMessage, MessageEncoder, ProtocolError } from "@porthole/protocol";
import { parseViewerMessage } from "@porthole/protocol/schema";
import fc from "fast-check";
import assert from "node:assert/strict";
import { plainAckOf } from "./plain_ack.ts";

const encoder = new MessageEncoder();
const uint = fc.oneof(
  fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
  fc.nat(),
);
const name = fc.oneof(fc.constantFrom("main", "low", "jpeg", "", "tür"), fc.string());
const ack = fc.record({
  type: fc.constantFrom("ack", "acks", "clock"),
  seq: uint,
  rendition: name,
  undecoded: uint,
  extra: uint,
}, { requiredKeys: ["type"] });

function generallyRead(bytes: Uint8Array): unknown {
  try {
    return parseViewerMessage(decodeMessage(bytes));
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

Deno.test("an ack as our viewers write it is read without the general decoder", () => {
  const acks: Ack[] = [
    { type: "ack", seq: 0 },
    { type: "ack", seq: 2 ** 32 - 1, rendition: "main" },
    { type: "ack", seq: 70_000, rendition: "low", undecoded: 300 },
  ];
  for (const message of acks) assert.deepEqual(plainAckOf(encoder.encode(message)), message);
});

Deno.test("whatever it reads, the general decoder reads alike", () => {
  fc.assert(fc.property(ack, (message) => {
    const bytes = encoder.encode(message);
    const plain = plainAckOf(bytes);
    if (plain !== undefined) assert.deepEqual(plain, generallyRead(bytes));
  }));
});

Deno.test("changed bytes are read as the general decoder does, or left to it", () => {
  const bytes = encoder.encode({ type: "ack", seq: 70_000, rendition: "main", undecoded: 3 });
  const change = fc.record({ at: fc.nat(bytes.byteLength - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3 }), fc.nat(3), (changes, cut) => {
      const changed = bytes.slice(0, bytes.byteLength - cut);
      for (const { at, byte } of changes) if (at < changed.byteLength) changed[at] = byte;
      const plain = plainAckOf(changed);
      if (plain !== undefined) assert.deepEqual(plain, generallyRead(changed));
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("what is cut short, goes on, or says a thing twice is left to the general decoder", () => {
  const bytes = encoder.encode({ type: "ack", seq: 7, rendition: "main" });
  for (let length = 0; length < bytes.byteLength; length++) {
    assert.equal(plainAckOf(bytes.subarray(0, length)), undefined);
  }
  assert.equal(plainAckOf(Uint8Array.of(...bytes, 0)), undefined);
  const twice = Uint8Array.of(0x84, ...bytes.subarray(1), 0xa3, 0x73, 0x65, 0x71, 8);
  assert.deepEqual(generallyRead(twice), { type: "ack", seq: 8, rendition: "main" });
  assert.equal(plainAckOf(twice), undefined);
});
