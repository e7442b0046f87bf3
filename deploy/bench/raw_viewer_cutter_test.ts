import * as fc from "fast-check";
import assert from "node:assert/strict";
import { KEPT_BYTES, MessageCutter, Opcode } from "./raw_viewer_cutter.ts";

/** What a cutter says of a message. */
interface Cut {
  readonly opcode: number;
  readonly head: readonly number[];
  readonly payloadBytes: number;
}

const message = fc.record({
  opcode: fc.constantFrom(...Object.values(Opcode)),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 130 }),
    // Over each border of the length's three forms.
    fc.constantFrom(0, 125, 126, 127, 65_535, 65_536).map((size) =>
      new Uint8Array(size).fill(size)
    ),
  ),
});

/** As a server frames it (RFC 6455, 5.2). */
function framed(opcode: number, payload: Uint8Array): Uint8Array {
  const size = payload.byteLength;
  const header = new Uint8Array(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  header[1] = size < 126 ? size : size < 65_536 ? 126 : 127;
  const view = new DataView(header.buffer);
  if (header.length === 4) view.setUint16(2, size);
  if (header.length === 10) view.setUint32(6, size);
  return Uint8Array.of(...header, ...payload);
}

function cut(chunks: readonly Uint8Array[]): Cut[] {
  const cuts: Cut[] = [];
  const cutter = new MessageCutter((opcode, head, payloadBytes) => {
    cuts.push({ opcode, head: [...head.subarray(0, payloadBytes)], payloadBytes });
  });
  for (const chunk of chunks) cutter.push(chunk, 0, chunk.byteLength);
  return cuts;
}

function splitAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.byteLength + 1)), bytes.byteLength];
  ends.sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

Deno.test("however the bytes are split, the messages are the same", () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (messages, places) => {
        const parts = messages.map(({ opcode, payload }) => framed(opcode, payload));
        const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
        const expected = messages.map(({ opcode, payload }) => ({
          opcode,
          head: [...payload.subarray(0, KEPT_BYTES)],
          payloadBytes: payload.byteLength,
        }));
        assert.deepEqual(cut(splitAt(bytes, places)), expected);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("byte by byte, and out of the middle of a buffer", () => {
  const first = framed(Opcode.binary, new Uint8Array(300).fill(1));
  const second = framed(Opcode.ping, Uint8Array.of(9, 8, 7));
  const bytes = Uint8Array.of(...first, ...second);
  const whole = cut([bytes]);
  assert.deepEqual(whole.map(({ payloadBytes }) => payloadBytes), [300, 3]);
  assert.deepEqual(cut([...bytes].map((byte) => Uint8Array.of(byte))), whole);
  const cuts: number[] = [];
  const cutter = new MessageCutter((_opcode, _head, payloadBytes) => cuts.push(payloadBytes));
  const padded = Uint8Array.of(0xff, 0xff, ...bytes, 0xff);
  cutter.push(padded, 2, padded.byteLength - 1);
  assert.deepEqual(cuts, [300, 3]);
});

Deno.test("what no server may send is an error", () => {
  const refused: readonly [bytes: number[], message: RegExp][] = [
    [[0xc2, 0], /reserved/],
    [[0x82, 0x80], /masked/],
    [[0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], /message of 4294967296 bytes/],
  ];
  for (const [bytes, expected] of refused) {
    assert.throws(() => cut([Uint8Array.from(bytes)]), { message: expected });
  }
});
