import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ProtocolError } from "./errors.ts";
import { jpegSize } from "./jpeg.ts";
import { binary, concatenate } from "./testdata/arbitraries.ts";
import { TINY_JPEG } from "./testdata/messages.ts";

const ODD_JPEG = Deno.readFileSync(new URL("testdata/odd_34x18.jpg", import.meta.url));

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

/** A start of scan, and what looks like a frame header behind it. */
const SIZE_AFTER_SCAN = "ffd8 ffda 0002 ffc0 0008 08 0012 0022 00 ffd9";

Deno.test("the size is the one that the encoder was given", () => {
  assert.deepEqual(jpegSize(TINY_JPEG), { width: 16, height: 16 });
  assert.deepEqual(jpegSize(ODD_JPEG), { width: 34, height: 18 });
});

Deno.test("the JPEG may lie anywhere in a larger buffer", () => {
  const padded = concatenate([Uint8Array.of(0xff, 0xd8, 0xff), ODD_JPEG, Uint8Array.of(1, 2)]);
  assert.deepEqual(jpegSize(padded.subarray(3, 3 + ODD_JPEG.byteLength)), {
    width: 34,
    height: 18,
  });
});

Deno.test("every start-of-frame marker is understood, and nothing that looks like one", () => {
  const withMarker = (marker: string) => bytes(`ffd8 ff${marker} 0008 08 0012 0022 00 ffd9`);
  for (const marker of ["c0", "c1", "c2", "c3", "c5", "c9", "cf"]) { // baseline to arithmetic
    assert.deepEqual(jpegSize(withMarker(marker)), { width: 34, height: 18 }, marker);
  }
  for (const marker of ["c4", "c8", "cc", "db", "e0", "fe"]) {
    assert.throws(() => jpegSize(withMarker(marker)), { code: "invalid_jpeg" }, marker);
  }
});

Deno.test("a size inside a thumbnail or comment is stepped over", () => {
  const thumbnail = "ffe1 000b ffc0 0008 08 0001 0002";
  const jpeg = bytes(`ffd8 ${thumbnail} ffff ffc0 0008 08 0012 0022 00 ffd9`);
  assert.deepEqual(jpegSize(jpeg), { width: 34, height: 18 });
});

Deno.test("zeros behind the end are padding, anything else is not", () => {
  assert.deepEqual(jpegSize(concatenate([TINY_JPEG, new Uint8Array(7)])), {
    width: 16,
    height: 16,
  });
  assert.throws(() => jpegSize(concatenate([TINY_JPEG, Uint8Array.of(1)])), /cut short/);
});

Deno.test("a JPEG cut short anywhere is refused", () => {
  for (let length = 0; length < TINY_JPEG.byteLength; length++) {
    assert.throws(() => jpegSize(TINY_JPEG.subarray(0, length)), {
      name: "ProtocolError",
      code: "invalid_jpeg",
    }, `${length} bytes`);
  }
});

Deno.test("a start and an end with no frame header between them are refused", () => {
  for (
    const hex of [
      "ffd8 ffd9",
      "ffd8 ff ffd9",
      "ffd8 ffc0 0008 08 ffd9",
      "ffd8 ffda 0002 ffd9",
      SIZE_AFTER_SCAN,
    ]
  ) {
    assert.throws(() => jpegSize(bytes(hex)), { code: "invalid_jpeg" }, hex);
  }
});

Deno.test("arbitrary bytes between start and end give a size or a ProtocolError", () => {
  fc.assert(
    fc.property(binary, (middle) => {
      const jpeg = concatenate([bytes("ffd8ff"), middle, bytes("ffd9")]);
      try {
        const { width, height } = jpegSize(jpeg);
        assert.ok(width <= 0xffff && height <= 0xffff);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
