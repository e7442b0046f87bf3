import assert from "node:assert/strict";
import * as fc from "fast-check";
import { codecStringOf, NalType, nalTypeOf, nalUnitsOf } from "./access_unit.ts";
import { ProtocolError } from "./errors.ts";
import { accessUnit, binary } from "./testdata/arbitraries.ts";
import {
  DECODER_CONFIGURATION,
  DELTA_ACCESS_UNIT,
  KEYFRAME_ACCESS_UNIT,
} from "./testdata/messages.ts";

Deno.test("the NAL units come out as they were put in, as views", () => {
  fc.assert(fc.property(accessUnit, ({ nals, bytes }) => {
    const found = [...nalUnitsOf(bytes)];
    assert.deepEqual(found.map((nal) => [...nal]), nals.map((nal) => [...nal]));
    assert.ok(found.every((nal) => nal.buffer === bytes.buffer));
  }));
});

Deno.test("an access unit may lie anywhere in a larger buffer", () => {
  const padded = new Uint8Array(DELTA_ACCESS_UNIT.byteLength + 9).fill(0xff);
  padded.set(DELTA_ACCESS_UNIT, 5);
  const view = padded.subarray(5, 5 + DELTA_ACCESS_UNIT.byteLength);
  assert.deepEqual([...nalUnitsOf(view)], [DELTA_ACCESS_UNIT.subarray(4)]);
});

Deno.test("an access unit cut short inside a NAL unit is refused", () => {
  fc.assert(fc.property(accessUnit, fc.nat(), ({ nals, bytes }, cut) => {
    const lastNalBytes = 4 + (nals.at(-1)?.byteLength ?? 0);
    const missing = 1 + cut % (lastNalBytes - 1);
    assert.throws(
      () => [...nalUnitsOf(bytes.subarray(0, bytes.byteLength - missing))],
      { name: "ProtocolError", code: "invalid_access_unit" },
    );
  }));
});

Deno.test("arbitrary bytes are NAL units that add up, or a ProtocolError", () => {
  fc.assert(fc.property(binary, (bytes) => {
    try {
      const total = [...nalUnitsOf(bytes)].reduce((sum, nal) => sum + 4 + nal.byteLength, 0);
      assert.equal(total, bytes.byteLength);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
    }
  }));
});

Deno.test("the error says where, what was announced and what follows", () => {
  assert.throws(
    () => [...nalUnitsOf(Uint8Array.fromHex("0000000141" + "000000054142"))],
    { message: "at byte 5 a NAL unit of 5 bytes is announced, 2 follow" },
  );
});

Deno.test("NAL unit types of real pictures", () => {
  const typesOf = (bytes: Uint8Array) => [...nalUnitsOf(bytes)].map(nalTypeOf);
  assert.deepEqual(typesOf(KEYFRAME_ACCESS_UNIT), [NalType.idr]);
  assert.deepEqual(typesOf(DELTA_ACCESS_UNIT), [NalType.slice]);
  assert.equal(nalTypeOf(Uint8Array.of(0x67)), NalType.sps);
  assert.equal(nalTypeOf(Uint8Array.of(0x68)), NalType.pps);
  assert.equal(nalTypeOf(Uint8Array.of(0x06)), NalType.sei);
});

Deno.test("the codec string is profile, constraints and level of the configuration", () => {
  assert.equal(codecStringOf(DECODER_CONFIGURATION), "avc1.42c00a");
  assert.equal(codecStringOf(Uint8Array.fromHex("0164001fffe100")), "avc1.64001f");
});

Deno.test("what is not a decoder configuration has no codec string", () => {
  for (const hex of ["", "01", "0142c00affe1", "0042c00affe100"]) {
    assert.throws(
      () => codecStringOf(Uint8Array.fromHex(hex)),
      { code: "invalid_access_unit" },
      hex,
    );
  }
});
