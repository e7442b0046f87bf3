import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  LengthPrefixDecodeStream,
  LengthPrefixEncodeStream,
  LengthPrefixParser,
} from "./framing.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { chunksOf, concatenate } from "./testdata/arbitraries.ts";

function prefix(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

function push(parser: LengthPrefixParser, chunk: Uint8Array): Uint8Array[] {
  return [...parser.push(chunk)];
}

function readAll(chunks: Iterable<Uint8Array>, maxBytes?: number): Promise<Uint8Array[]> {
  const decode = new LengthPrefixDecodeStream(maxBytes);
  return Array.fromAsync(ReadableStream.from(chunks).pipeThrough(decode));
}

const message = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((array) =>
  new Uint8Array(array)
);

Deno.test("messages come out as they went in, wherever the bytes are cut", () => {
  const cut = fc.array(message, { maxLength: 6 }).chain((messages) => {
    const bytes = concatenate(messages.flatMap((each) => [prefix(each.byteLength), each]));
    return fc.record({ messages: fc.constant(messages), chunks: chunksOf(bytes) });
  });
  fc.assert(fc.property(cut, ({ messages, chunks }) => {
    const parser = new LengthPrefixParser();
    assert.deepEqual(chunks.flatMap((chunk) => push(parser, chunk)), messages);
    assert.equal(parser.pendingBytes, 0);
  }));
});

Deno.test("bytes one at a time make the same messages", () => {
  const bytes = concatenate([prefix(3), Uint8Array.of(1, 2, 3), prefix(1), Uint8Array.of(4)]);
  const parser = new LengthPrefixParser();
  const messages = Array.from(bytes, (byte) => push(parser, Uint8Array.of(byte))).flat();
  assert.deepEqual(messages, [Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
});

Deno.test("pendingBytes is what has arrived of the unfinished message", () => {
  fc.assert(fc.property(message, fc.nat(), (body, cut) => {
    const bytes = concatenate([prefix(body.byteLength), body]);
    const arrived = cut % bytes.byteLength;
    const parser = new LengthPrefixParser();
    push(parser, bytes.subarray(0, arrived));
    assert.equal(parser.pendingBytes, arrived);
  }));
});

Deno.test("a message is in a buffer of its own: the chunk may be reused", () => {
  const parser = new LengthPrefixParser();
  const chunk = concatenate([prefix(2), Uint8Array.of(7, 8)]);
  const [first] = push(parser, chunk);
  chunk.fill(0);
  assert.deepEqual(first, Uint8Array.of(7, 8));
  const [second] = push(parser, concatenate([prefix(2), Uint8Array.of(9, 9)]));
  assert.notEqual(first?.buffer, second?.buffer);
  assert.equal(first?.buffer.byteLength, 2, "the buffer is no larger than its message");
});

Deno.test("a message longer than the first allocation arrives whole", () => {
  const body = Uint8Array.from({ length: 300_001 }, (_, index) => index * 7);
  const bytes = concatenate([prefix(body.byteLength), body]);
  for (const chunkBytes of [1000, 65_536, 65_537, bytes.byteLength]) {
    const parser = new LengthPrefixParser();
    const messages: Uint8Array[] = [];
    for (let offset = 0; offset < bytes.byteLength; offset += chunkBytes) {
      messages.push(...parser.push(bytes.subarray(offset, offset + chunkBytes)));
    }
    assert.equal(messages.length, 1);
    assert.ok(messages[0]?.every((byte, index) => byte === body[index]), `by ${chunkBytes} bytes`);
    assert.equal(messages[0]?.buffer.byteLength, body.byteLength);
  }
});

Deno.test("a length over the limit is refused before a byte of the message is stored", () => {
  const parser = new LengthPrefixParser(100);
  const tooLong = concatenate([prefix(101), new Uint8Array(101)]);
  const refused = { name: "ProtocolError", code: "too_large", message: /101 bytes.*at most 100/ };
  assert.throws(() => push(parser, tooLong), refused);
  assert.equal(parser.pendingBytes, 4);
  assert.throws(() => push(parser, Uint8Array.of(1)), refused, "there is no way back into step");
  assert.deepEqual(
    push(new LengthPrefixParser(100), concatenate([prefix(100), new Uint8Array(100)])),
    [new Uint8Array(100)],
  );
});

Deno.test("the limit is MAX_MESSAGE_BYTES unless told otherwise", () => {
  assert.deepEqual(push(new LengthPrefixParser(), prefix(MAX_MESSAGE_BYTES)), []);
  assert.throws(() => push(new LengthPrefixParser(), prefix(MAX_MESSAGE_BYTES + 1)), {
    code: "too_large",
  });
  assert.throws(() => push(new LengthPrefixParser(), prefix(0xffff_ffff)), { code: "too_large" });
});

Deno.test("a claimed length sets little memory aside until the bytes arrive", () => {
  const parsers = Array.from({ length: 100 }, () => new LengthPrefixParser());
  const before = Deno.memoryUsage().external;
  for (const parser of parsers) {
    push(parser, prefix(MAX_MESSAGE_BYTES));
    push(parser, Uint8Array.of(1));
  }
  const perParser = (Deno.memoryUsage().external - before) / parsers.length;
  assert.equal(parsers[0]?.pendingBytes, 5);
  assert.ok(perParser < 256 * 1024, `${perParser} bytes for one that arrived`);
});

Deno.test("a length of 0 is malformed", () => {
  assert.throws(() => push(new LengthPrefixParser(), prefix(0)), { code: "malformed" });
});

Deno.test("the messages before a bad length are still given", () => {
  const parser = new LengthPrefixParser();
  const messages = parser.push(concatenate([prefix(1), Uint8Array.of(5), prefix(0)]));
  assert.deepEqual(messages.next().value, Uint8Array.of(5));
  assert.throws(() => messages.next(), { code: "malformed" });
});

Deno.test("a stream that ends inside a length or a message errors with malformed", async () => {
  const bytes = concatenate([prefix(2), Uint8Array.of(1, 2)]);
  assert.deepEqual(await readAll([bytes]), [Uint8Array.of(1, 2)]);
  for (const arrived of [1, 3, 4, 5]) {
    await assert.rejects(
      readAll([bytes.subarray(0, arrived)]),
      { code: "malformed" },
      `${arrived}`,
    );
  }
});

Deno.test("a stream passes the parser's refusals on and cancels its source", async () => {
  let cancelled = false;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(prefix(0xffff_ffff)),
    cancel: () => void (cancelled = true),
  });
  await assert.rejects(
    Array.fromAsync(source.pipeThrough(new LengthPrefixDecodeStream())),
    { code: "too_large" },
  );
  assert.ok(cancelled);
});

Deno.test("the encode stream refuses what no decoder would take", async () => {
  const encoded = (messages: Uint8Array[]) =>
    Array.fromAsync(ReadableStream.from(messages).pipeThrough(new LengthPrefixEncodeStream(3)));
  assert.deepEqual(await encoded([Uint8Array.of(1, 2, 3)]), [Uint8Array.of(0, 0, 0, 3, 1, 2, 3)]);
  await assert.rejects(encoded([new Uint8Array(4)]), { code: "too_large" });
  await assert.rejects(encoded([new Uint8Array(0)]), { code: "malformed" });
});
