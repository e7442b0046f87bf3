import assert from "node:assert/strict";
import { framedMessage, payloadOf } from "./framed_message.ts";

/** Lengths around those where the header changes (RFC 6455, 5.2), and the header each must have. */
const HEADERS = [
  [0, [0x82, 0]],
  [125, [0x82, 125]],
  [126, [0x82, 126, 0, 126]],
  [65_535, [0x82, 126, 0xff, 0xff]],
  [65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
] as const;

for (const [bytes, header] of HEADERS) {
  Deno.test(`a message of ${bytes} bytes has the header of RFC 6455, and itself behind it`, () => {
    const payload = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 60_000)));
    const message = new Uint8Array(bytes);
    message.set(payload);
    const framed = framedMessage(message);
    assert.deepEqual([...framed.subarray(0, header.length)], [...header]);
    assert.equal(framed.byteLength, header.length + bytes);
    assert.deepEqual(payloadOf(framed), message);
    assert.equal(payloadOf(framed).buffer, framed.buffer, "a view, not a copy");
  });
}
