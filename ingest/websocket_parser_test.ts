import * as fc from "fast-check";
import assert from "node:assert/strict";
import { WebSocketError, WebSocketParser } from "./websocket_parser.ts";

const MAX_BYTES = 70_000;

interface ClientFrame {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly isFinal?: boolean;
  readonly mask?: number;
}

/** A frame as clients send it (RFC 6455, 5.2). */
function frame({ opcode, payload, isFinal = true, mask = 0x1234abcd }: ClientFrame): number[] {
  const { byteLength } = payload;
  const length = byteLength < 126
    ? [byteLength]
    : byteLength < 0x10000
    ? [126, byteLength >> 8, byteLength & 0xff]
    : [127, 0, 0, 0, 0, 0, byteLength >> 16, byteLength >> 8 & 0xff, byteLength & 0xff];
  const masks = [mask >>> 24, mask >>> 16 & 0xff, mask >>> 8 & 0xff, mask & 0xff];
  return [
    (isFinal ? 0x80 : 0) | opcode,
    0x80 | (length[0] ?? 0),
    ...length.slice(1),
    ...masks,
    ...payload.map((byte, index) => byte ^ (masks[index & 3] ?? 0)),
  ];
}

class Recorder {
  readonly seen: string[] = [];
  readonly parser = new WebSocketParser({
    onMessage: (data, isBinary) => this.seen.push(`${isBinary ? "binary" : "text"} ${hash(data)}`),
    onPing: (data) => this.seen.push(`ping ${hash(data)}`),
    onPong: (data) => this.seen.push(`pong ${hash(data)}`),
    onClose: () => this.seen.push("close"),
  }, MAX_BYTES);
}

function hash(data: Uint8Array): string {
  return `${data.byteLength}:${data.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7)}`;
}

function seenOf(bytes: readonly number[]): string[] {
  const recorder = new Recorder();
  recorder.parser.push(new Uint8Array(bytes));
  return recorder.seen;
}

const payload = (maxLength: number) => fc.uint8Array({ maxLength });
const mask = fc.nat(0xffff_ffff);
const control = fc.record({
  opcode: fc.constantFrom(0x9, 0xa),
  payload: payload(125),
  mask,
});
/** A message in one or several frames, with pings and pongs between them. */
const message = fc.record({
  opcode: fc.constantFrom(0x1, 0x2),
  parts: fc.array(fc.record({ payload: payload(300), mask, before: fc.option(control) }), {
    minLength: 1,
    maxLength: 4,
  }),
});

Deno.test("messages come out whole and in order, however they are framed, masked and chunked", () => {
  fc.assert(fc.property(
    fc.array(message, { maxLength: 6 }),
    fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
    (messages, cuts) => {
      const expected: string[] = [];
      const bytes = messages.flatMap(({ opcode, parts }) => {
        const framed = parts.flatMap(({ payload, mask, before }, index) => {
          if (before !== null) {
            const kind = before.opcode === 0xa ? "pong" : "ping";
            expected.push(`${kind} ${hash(before.payload)}`);
          }
          return [
            ...(before === null ? [] : frame(before)),
            ...frame({
              opcode: index === 0 ? opcode : 0,
              payload,
              mask,
              isFinal: index === parts.length - 1,
            }),
          ];
        });
        const whole = new Uint8Array(parts.flatMap(({ payload }) => [...payload]));
        expected.push(`${opcode === 2 ? "binary" : "text"} ${hash(whole)}`);
        return framed;
      });
      const recorder = new Recorder();
      for (let from = 0, cut = 0; from < bytes.length; cut++) {
        const length = cuts[cut % cuts.length] ?? 1;
        recorder.parser.push(new Uint8Array(bytes.slice(from, from + length)));
        from += length;
      }
      assert.deepEqual(recorder.seen, expected);
    },
  ));
});

for (const bytes of [0, 125, 126, 65_535, 65_536, MAX_BYTES]) {
  Deno.test(`a message of ${bytes} bytes is taken`, () => {
    const data = new Uint8Array(bytes).fill(7);
    assert.deepEqual(seenOf(frame({ opcode: 2, payload: data })), [`binary ${hash(data)}`]);
  });
}

Deno.test("nothing counts after the client's close", () => {
  const ping = frame({ opcode: 0x9, payload: new Uint8Array(1) });
  const close = frame({ opcode: 0x8, payload: new Uint8Array([0x03, 0xe8]) });
  assert.deepEqual(seenOf([...close, ...ping]), ["close"]);
});

const EMPTY = new Uint8Array(0);
const OFFENCES: Record<string, readonly [readonly number[], number]> = {
  "a frame without a mask": [[0x82, 0x01, 0x00], 1002],
  "an extension": [[0xc2, 0x80, 0, 0, 0, 0], 1002],
  "a continuation of nothing": [frame({ opcode: 0, payload: EMPTY }), 1002],
  "a message inside another": [
    [
      ...frame({ opcode: 2, payload: EMPTY, isFinal: false }),
      ...frame({ opcode: 2, payload: EMPTY }),
    ],
    1002,
  ],
  "an unknown kind of message": [frame({ opcode: 3, payload: EMPTY }), 1002],
  "an unknown kind of control frame": [frame({ opcode: 0xb, payload: EMPTY }), 1002],
  "a ping in parts": [frame({ opcode: 0x9, payload: EMPTY, isFinal: false }), 1002],
  "a ping of 126 bytes": [frame({ opcode: 0x9, payload: new Uint8Array(126) }), 1002],
  "one byte too many": [frame({ opcode: 2, payload: new Uint8Array(MAX_BYTES + 1) }), 1009],
  "a claim of 2^63 bytes": [
    [0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0],
    1009,
  ],
  "too many bytes in parts": [
    [
      ...frame({ opcode: 2, payload: new Uint8Array(MAX_BYTES), isFinal: false }),
      ...frame({ opcode: 0, payload: new Uint8Array(1) }),
    ],
    1009,
  ],
};
for (const [name, [bytes, closeCode]] of Object.entries(OFFENCES)) {
  Deno.test(`${name} is refused with ${closeCode}`, () => {
    assert.throws(
      () => seenOf(bytes),
      (error) => error instanceof WebSocketError && error.closeCode === closeCode,
    );
  });
}

Deno.test("a claim sets no memory aside before it is found to be within the bound", () => {
  const recorder = new Recorder();
  const claim = new Uint8Array([0x82, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
  assert.throws(() => recorder.parser.push(claim), WebSocketError);
});
