import assert from "node:assert/strict";
import { encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { ProtocolError } from "./errors.ts";
import { MAX_MESSAGE_BYTES, MAX_MESSAGE_VALUES, MAX_NESTING_DEPTH } from "./limits.ts";
import { assertBoundedStructure } from "./structure.ts";
import { binary, concatenate } from "./testdata/arbitraries.ts";

function codeOf(bytes: Uint8Array): string {
  try {
    assertBoundedStructure(bytes);
    return "accepted";
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

function codeOfHex(hex: string): string {
  return codeOf(Uint8Array.fromHex(hex));
}

/** A value inside `depth` arrays. */
function nested(depth: number, innermost: unknown): unknown {
  return depth === 0 ? innermost : [nested(depth - 1, innermost)];
}

function depthOf(value: unknown): number {
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const anything = fc.anything({
  maxDepth: 9,
  key: fc.string(),
  values: [
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.double(),
    fc.string({ unit: "binary", size: "medium" }),
    binary,
    fc.constant(new Uint8Array(65_536)),
  ],
});

Deno.test("every value that @msgpack/msgpack encodes is accepted up to the allowed depth", () => {
  fc.assert(
    fc.property(anything, (value) => {
      const expected = depthOf(value) <= MAX_NESTING_DEPTH ? "accepted" : "too_deep";
      assert.equal(codeOf(encode(value)), expected);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a value cut short anywhere, or with a byte after it, is malformed", () => {
  const cut = anything.filter((value) => depthOf(value) <= MAX_NESTING_DEPTH)
    .chain((value) => {
      const bytes = encode(value);
      return fc.record({ bytes: fc.constant(bytes), length: fc.nat(bytes.byteLength - 1) });
    });
  fc.assert(fc.property(cut, ({ bytes, length }) => {
    assert.equal(codeOf(bytes.subarray(0, length)), "malformed");
    assert.equal(codeOf(concatenate([bytes, Uint8Array.of(0xc0)])), "malformed");
  }));
});

Deno.test("arbitrary bytes are accepted or refused by a ProtocolError", () => {
  fc.assert(fc.property(binary, (bytes) => void codeOf(bytes)), { numRuns: 2000 });
});

Deno.test("the depth counts every map and array, empty ones too", () => {
  assert.equal(codeOf(encode(nested(MAX_NESTING_DEPTH, 1))), "accepted");
  assert.equal(codeOf(encode(nested(MAX_NESTING_DEPTH + 1, 1))), "too_deep");
  assert.equal(codeOf(encode(nested(MAX_NESTING_DEPTH - 1, []))), "accepted");
  assert.equal(codeOf(encode(nested(MAX_NESTING_DEPTH, []))), "too_deep");
  assert.equal(codeOf(encode(nested(MAX_NESTING_DEPTH, {}))), "too_deep");
});

Deno.test("siblings are not nesting", () => {
  assert.equal(codeOf(encode(Array(20).fill([[], {}, [1]]))), "accepted");
});

Deno.test("8 MiB of arrays within arrays are refused at the first that is too deep", () => {
  const bomb = new Uint8Array(MAX_MESSAGE_BYTES).fill(0x91);
  assert.equal(codeOf(bomb), "too_deep");
  bomb.fill(0xc1, MAX_NESTING_DEPTH + 1); // "malformed", had anything behind it been looked at
  assert.equal(codeOf(bomb), "too_deep");
});

Deno.test("the number of values is bounded, whatever holds them", () => {
  const most = MAX_MESSAGE_VALUES - 1; // the array is a value too
  assert.equal(codeOf(encode(Array(most).fill(null))), "accepted");
  assert.equal(codeOf(encode(Array(most + 1).fill(null))), "too_large");
  assert.equal(codeOf(encode(Array(most + 1).fill({}))), "too_large");
  const rows = Array(100).fill(Array(most).fill(0));
  assert.equal(codeOf(encode(rows)), "too_large");
  const pairs = Object.fromEntries(Array.from({ length: most / 2 + 1 }, (_, key) => [key, 0]));
  assert.equal(codeOf(encode(pairs)), "too_large");
});

Deno.test("members that are claimed but cannot be there are refused", () => {
  assert.equal(codeOfHex("ddffffffff"), "malformed");
  assert.equal(codeOfHex("dfffffffff"), "malformed");
  assert.equal(codeOfHex("dcffff"), "malformed");
  assert.equal(codeOfHex("deffff"), "malformed");
  assert.equal(codeOfHex("9f"), "malformed");
  assert.equal(codeOfHex("8f"), "malformed");
});

Deno.test("a claim is refused by itself, not when the bytes run out", () => {
  assert.throws(() => assertBoundedStructure(Uint8Array.fromHex("dd00000003c0c0")), {
    message: "a map or array claims 3 members in 2 bytes",
  });
  assert.throws(() => assertBoundedStructure(Uint8Array.fromHex("df00000002c0c0c0")), {
    message: "a map or array claims 4 members in 3 bytes",
  });
  assert.throws(() => assertBoundedStructure(Uint8Array.fromHex("c6ffffffff00")), {
    message: "the message is cut short",
  });
});

Deno.test("payloads of 4 GB are refused", () => {
  for (const head of ["c6ffffffff", "dbffffffff", "c9ffffffff05"]) {
    assert.equal(codeOfHex(head), "malformed");
    assert.equal(codeOfHex(head + "00".repeat(64)), "malformed");
  }
});

Deno.test("nothing, a head without its length, and the unused byte are malformed", () => {
  for (
    const hex of ["", "d9", "da00", "db000000", "c4", "c5ff", "c7", "dc", "de00", "cb00", "c1"]
  ) {
    assert.equal(codeOfHex(hex), "malformed", hex);
  }
});

Deno.test("every format of the MessagePack specification is stepped over by its size", () => {
  const whole = [
    "00",
    "7f",
    "80",
    "8101c0",
    "90",
    "91c0",
    "a0",
    "a161",
    "c0",
    "c2",
    "c3",
    "c40100",
    "c5000100",
    "c60000000100",
    "c70105ff",
    "c8000105ff",
    "c90000000105ff",
    "ca00000000",
    "cb0000000000000000",
    "cc00",
    "cd0000",
    "ce00000000",
    "cf0000000000000000",
    "d000",
    "d10000",
    "d200000000",
    "d30000000000000000",
    "d40500",
    "d5050000",
    "d605" + "00".repeat(4),
    "d705" + "00".repeat(8),
    "d805" + "00".repeat(16),
    "d90161",
    "da000161",
    "db0000000161",
    "dc0001c0",
    "dd00000001c0",
    "de000101c0",
    "df0000000101c0",
    "e0",
    "ff",
  ];
  for (const hex of whole) {
    assert.equal(codeOfHex(hex), "accepted", hex);
    assert.equal(codeOfHex(hex + "c0"), "malformed", `${hex} and a byte more`);
    assert.equal(codeOfHex(hex.slice(0, -2)), "malformed", `${hex} without its last byte`);
  }
});
