import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import { decode, encode } from "notepack.io";
import { parseFrame } from "./schema.ts";
import { frame, ingestToViewerMessage } from "./testdata/arbitraries.ts";
import { fromJson, readVectors, type Vector } from "./testdata/vector.ts";
import { decodeMessage, MessageEncoder } from "./wire.ts";

const FILES = [
  "frames.json",
  "viewer_messages.json",
  "messages_to_viewers.json",
  "producer_messages.json",
  "messages_to_producers.json",
];

/** What notepack.io reads; its binary data are Buffers, as plain bytes they compare with ours. */
function decodeElsewhere(bytes: Uint8Array<ArrayBuffer>): unknown {
  return plainBytes(decode(Buffer.from(bytes.buffer)));
}

function plainBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plainBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, plainBytes(field)]),
  );
}

for (const file of FILES) {
  Deno.test(`${file}: notepack.io reads the same values out of the same bytes`, () => {
    for (const { name, message, bytes } of readVectors<Vector>(file)) {
      assert.deepEqual(decodeElsewhere(Uint8Array.fromHex(bytes)), fromJson(message), name);
    }
  });
}

Deno.test("what we encode, notepack.io decodes", () => {
  const encoder = new MessageEncoder();
  fc.assert(fc.property(fc.oneof(frame, ingestToViewerMessage), (sent) => {
    assert.deepEqual(decodeElsewhere(encoder.encode(sent)), sent);
  }));
});

Deno.test("what notepack.io encodes, we decode", () => {
  fc.assert(fc.property(frame, (sent) => {
    assert.deepEqual(parseFrame(decodeMessage(new Uint8Array(encode(sent)))), sent);
  }));
});
