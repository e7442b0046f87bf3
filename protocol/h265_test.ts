import assert from "node:assert/strict";
import * as fc from "fast-check";
import { nalUnitsOf } from "./access_unit.ts";
import { ProtocolError } from "./errors.ts";
import { h265CodecStringOf, h265LengthBytes, h265NalTypeOf, isRandomAccess } from "./h265.ts";
import { binary } from "./testdata/arbitraries.ts";
import {
  H265_DECODER_CONFIGURATION,
  H265_DELTA_ACCESS_UNIT,
  H265_KEYFRAME_ACCESS_UNIT,
} from "./testdata/messages.ts";

/** A record that begins with profile space, tier and profile, and so on. */
function record(head: string): Uint8Array {
  return Uint8Array.fromHex(`01${head}f000fcfdf8f800000f00`);
}

Deno.test("the codec string is as ISO/IEC 14496-15 and others write it", () => {
  const cases: Readonly<Record<string, string>> = {
    // Main, level 3.1, as asked for everywhere; Main 10; high tier; no constraints at all.
    "0160000000b000000000005d": "hvc1.1.6.L93.B0",
    "0220000000b0000000000099": "hvc1.2.4.L153.B0",
    "2160000000b00000000000b4": "hvc1.1.6.H180.B0",
    "01600000000000000000005d": "hvc1.1.6.L93",
    "4160000000900000000000ba": "hvc1.A1.6.L186.90",
    "c4080000009f008100000ab4": "hvc1.C4.10.L180.9F.0.81.0.0.A",
    "030000000100000000000001": "hvc1.3.80000000.L1",
  };
  for (const [head, codec] of Object.entries(cases)) {
    assert.equal(h265CodecStringOf(record(head)), codec);
  }
  assert.equal(h265CodecStringOf(H265_DECODER_CONFIGURATION), "hvc1.1.6.L30.90");
  assert.equal(h265LengthBytes(H265_DECODER_CONFIGURATION), 4);
});

Deno.test("what is not a decoder configuration has no codec string", () => {
  fc.assert(fc.property(binary, (bytes) => {
    try {
      assert.match(h265CodecStringOf(bytes), /^hvc1\./);
    } catch (error) {
      assert.ok(error instanceof ProtocolError && error.code === "invalid_access_unit");
    }
  }));
  assert.throws(() => h265CodecStringOf(H265_DECODER_CONFIGURATION.subarray(0, 22)), ProtocolError);
});

Deno.test("pictures that can be decoded first are IDR, BLA and CRA", () => {
  const typesOf = (bytes: Uint8Array) => [...nalUnitsOf(bytes)].map(h265NalTypeOf);
  assert.deepEqual(typesOf(H265_KEYFRAME_ACCESS_UNIT), [20]);
  assert.deepEqual(typesOf(H265_DELTA_ACCESS_UNIT), [1]);
  const first = Array.from({ length: 64 }, (_, type) => type).filter(isRandomAccess);
  assert.deepEqual(first, [16, 17, 18, 19, 20, 21]);
});
