import assert from "node:assert/strict";
import fc from "fast-check";
import { BitWriter } from "../testing/bit_writer.ts";
import { BitReader } from "./bit_reader.ts";

const INT32 = { min: -(2 ** 31) + 1, max: 2 ** 31 - 1 };

Deno.test("the codes of table 9-2 and 9-3", () => {
  const bits = new BitReader(Uint8Array.of(0b1_010_011_0, 0b0100_0010, 0b1_0011_000, 0b1110_0000));
  assert.deepEqual([1, 2, 3, 4, 5].map(() => bits.unsignedGolomb()), [0, 1, 2, 3, 4]);
  const signed = new BitReader(Uint8Array.of(0b1_010_011_0, 0b0100_0010, 0b1_0000000));
  assert.deepEqual([1, 2, 3, 4, 5].map(() => signed.signedGolomb() + 0), [0, 1, -1, 2, -2]);
});

Deno.test("what was written is read back, bytes that emulate a start code included", () => {
  const value = fc.oneof(
    fc.record({ kind: fc.constant("uint" as const), value: fc.nat({ max: 0xffffffff }) }),
    fc.record({ kind: fc.constant("unsigned" as const), value: fc.nat({ max: 2 ** 32 - 2 }) }),
    fc.record({ kind: fc.constant("signed" as const), value: fc.integer(INT32) }),
    fc.record({ kind: fc.constant("uint" as const), value: fc.constant(0) }),
  );
  fc.assert(fc.property(fc.array(value), (values) => {
    const writer = new BitWriter();
    for (const { kind, value } of values) {
      if (kind === "uint") writer.uint(value, 32);
      else if (kind === "unsigned") writer.unsignedGolomb(value);
      else writer.signedGolomb(value);
    }
    const reader = new BitReader(writer.payload());
    for (const { kind, value } of values) {
      const read = kind === "uint"
        ? reader.uint(32)
        : kind === "unsigned"
        ? reader.unsignedGolomb()
        : reader.signedGolomb();
      assert.equal(read + 0, value + 0);
    }
    assert.equal(reader.bit(), 1, "the stop bit");
  }));
});

Deno.test("emulation prevention bytes are taken out, other threes are not", () => {
  const read = (...bytes: number[]) => {
    const reader = new BitReader(Uint8Array.from(bytes));
    const out: number[] = [];
    try {
      while (true) out.push(reader.uint(8));
    } catch (error) {
      assert.ok(error instanceof RangeError);
      return out;
    }
  };
  assert.deepEqual(read(0, 0, 3, 1), [0, 0, 1]);
  assert.deepEqual(read(0, 0, 3, 0, 0, 3, 3), [0, 0, 0, 0, 3]);
  assert.deepEqual(read(0, 3, 0, 3, 0), [0, 3, 0, 3, 0]);
});

Deno.test("past the end, and in a code longer than any, it says so", () => {
  const cutShort = new BitReader(Uint8Array.of(0xff));
  cutShort.uint(8);
  assert.throws(() => cutShort.bit(), RangeError);
  assert.throws(() => new BitReader(new Uint8Array(0)).unsignedGolomb(), RangeError);
  const zeros = Uint8Array.from({ length: 30 }, (_, index) => index % 2 === 0 ? 0 : 0x00);
  assert.throws(() => new BitReader(zeros).unsignedGolomb(), /longer than 32 bits/);
});
