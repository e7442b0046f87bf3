import assert from "node:assert/strict";
import { nalUnitsOf } from "@porthole/protocol";
import fc from "fast-check";
import { nalUnitsOfByteStream, withLengths } from "./annex_b.ts";

function unitsOf(hex: string): string[] {
  return nalUnitsOfByteStream(Uint8Array.fromHex(hex)).map((unit) => unit.toHex());
}

Deno.test("start codes of three and four bytes, and zeros that fill up, are no part of a NAL unit", () => {
  assert.deepEqual(unitsOf("0000014001" + "000000014201aa" + "000000000000012601"), [
    ...["4001", "4201aa", "2601"],
  ]);
  assert.deepEqual(unitsOf("000001" + "400100"), ["4001"]);
});

Deno.test("what comes before the first start code, and what is empty, is none", () => {
  assert.deepEqual(unitsOf("ff0000" + "0000014001"), ["4001"]);
  assert.deepEqual(unitsOf(""), []);
  assert.deepEqual(unitsOf("4001"), []);
  assert.deepEqual(unitsOf("000001" + "0000014001"), ["4001"]);
});

/** What an encoder makes of anything: no start code in it, no zero at its end. */
const unit = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => {
  const escaped: number[] = [];
  for (const byte of bytes) {
    const [before, last] = escaped.slice(-2);
    if (before === 0 && last === 0 && byte <= 3) escaped.push(3);
    escaped.push(byte);
  }
  return Uint8Array.from([...escaped, 0x80]);
});

Deno.test("whatever NAL units go in come out, and behind lengths as well", () => {
  fc.assert(fc.property(fc.array(fc.tuple(unit, fc.boolean()), { minLength: 1 }), (given) => {
    const bytes = given.flatMap(([unit, isLong]) => [...(isLong ? [0] : []), 0, 0, 1, ...unit]);
    const expected = given.map(([unit]) => unit.toHex());
    const units = nalUnitsOfByteStream(Uint8Array.from(bytes));
    assert.deepEqual(units.map((unit) => unit.toHex()), expected);
    assert.deepEqual([...nalUnitsOf(withLengths(units))].map((unit) => unit.toHex()), expected);
  }));
});
