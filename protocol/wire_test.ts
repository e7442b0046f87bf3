import assert from "node:assert/strict";
import { decode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { ProtocolError } from "./errors.ts";
import {
  LengthPrefixDecodeStream,
  LengthPrefixEncodeStream,
  LengthPrefixParser,
} from "./framing.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import {
  parseFrame,
  parseIngestToProducerMessage,
  parseProducerMessage,
  parseViewerMessage,
} from "./schema.ts";
import {
  binary,
  chunksOf,
  concatenate,
  frame,
  ingestToProducerMessage,
  ingestToViewerMessage,
  producerMessage,
  viewerMessage,
} from "./testdata/arbitraries.ts";
import { FRAMES } from "./testdata/messages.ts";
import { decodeMessage, MessageEncoder } from "./wire.ts";

Deno.test("a frame comes back as it was encoded", () => {
  const encoder = new MessageEncoder();
  fc.assert(fc.property(frame, (sent) => {
    assert.deepEqual(parseFrame(decodeMessage(encoder.encode(sent))), sent);
  }));
});

Deno.test("control messages of every direction come back as they were encoded", () => {
  const encoder = new MessageEncoder();
  const throughTheWire = (sent: object) => decodeMessage(encoder.encode(sent));
  fc.assert(fc.property(viewerMessage, (sent) => {
    assert.deepEqual(parseViewerMessage(throughTheWire(sent)), sent);
  }));
  fc.assert(fc.property(producerMessage, (sent) => {
    assert.deepEqual(parseProducerMessage(throughTheWire(sent)), sent);
  }));
  fc.assert(fc.property(ingestToProducerMessage, (sent) => {
    assert.deepEqual(parseIngestToProducerMessage(throughTheWire(sent)), sent);
  }));
  fc.assert(fc.property(ingestToViewerMessage, (sent) => {
    assert.deepEqual(throughTheWire(sent), sent);
  }));
});

Deno.test("a field that is undefined is not sent", () => {
  const bytes = new MessageEncoder().encode({ type: "ack", seq: 1, rendition: undefined });
  assert.deepEqual(decode(bytes), { type: "ack", seq: 1 });
});

Deno.test("encodePrefixed is the length and then what encode makes", () => {
  const encoder = new MessageEncoder();
  fc.assert(fc.property(frame, (sent) => {
    const alone = encoder.encode(sent);
    const prefixed = encoder.encodePrefixed(sent);
    assert.equal(new DataView(prefixed.buffer).getUint32(0), alone.byteLength);
    assert.deepEqual(prefixed.subarray(4), alone);
  }));
});

Deno.test("what was encoded is the caller's: a later message leaves it alone", () => {
  const encoder = new MessageEncoder();
  const first = encoder.encode({ type: "bye", code: "a", reason: "first" });
  const firstPrefixed = encoder.encodePrefixed({ type: "bye", code: "a", reason: "first" });
  encoder.encode({ type: "bye", code: "b", reason: "other" });
  encoder.encodePrefixed({ type: "bye", code: "b", reason: "other" });
  assert.deepEqual(decodeMessage(first), { type: "bye", code: "a", reason: "first" });
  assert.deepEqual(decodeMessage(firstPrefixed.subarray(4)), decodeMessage(first));
});

Deno.test("prefixed messages cut anywhere come out of the parser whole and in order", () => {
  const encoder = new MessageEncoder();
  const messages = fc.array(fc.oneof(frame, producerMessage), { minLength: 1, maxLength: 4 });
  const sentInChunks = messages.chain((sent) => {
    const bytes = concatenate(sent.map((message) => encoder.encodePrefixed(message)));
    return fc.record({ sent: fc.constant(sent), chunks: chunksOf(bytes) });
  });
  fc.assert(fc.property(sentInChunks, ({ sent, chunks }) => {
    const parser = new LengthPrefixParser();
    const received = chunks.flatMap((chunk) => [...parser.push(chunk)].map(decodeMessage));
    assert.deepEqual(received, sent);
    assert.equal(parser.pendingBytes, 0);
  }));
});

Deno.test("messages go through the encode stream and the decode stream unchanged", async () => {
  const encoder = new MessageEncoder();
  const someMessages = fc.array(fc.oneof(frame, viewerMessage), { maxLength: 5 });
  await fc.assert(fc.asyncProperty(someMessages, async (sent) => {
    const received = await Array.fromAsync(
      ReadableStream.from(sent.map((message) => encoder.encode(message)))
        .pipeThrough(new LengthPrefixEncodeStream())
        .pipeThrough(new LengthPrefixDecodeStream()),
      decodeMessage,
    );
    assert.deepEqual(received, sent);
  }));
});

Deno.test("binary fields are views into the message, not copies", () => {
  const bytes = new MessageEncoder().encode(FRAMES["plain JPEG"] ?? {});
  assert.equal(parseFrame(decodeMessage(bytes)).data.buffer, bytes.buffer);
});

Deno.test("a message may lie anywhere in a larger buffer", () => {
  const bytes = new MessageEncoder().encode({ type: "ack", seq: 7 });
  const padded = concatenate([Uint8Array.of(1, 2, 3), bytes, Uint8Array.of(4)]);
  const view = padded.subarray(3, 3 + bytes.byteLength);
  assert.deepEqual(decodeMessage(view), { type: "ack", seq: 7 });
});

Deno.test("arbitrary bytes decode or throw a ProtocolError, nothing else", () => {
  let refused = 0;
  fc.assert(
    fc.property(binary, (bytes) => {
      try {
        decodeMessage(bytes);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
        refused++;
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(refused > 0, "the property was never put to the test");
});

Deno.test("a message with one byte changed decodes or throws a ProtocolError", () => {
  const encoder = new MessageEncoder();
  const spoilt = fc.tuple(fc.oneof(frame, ingestToViewerMessage), fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(spoilt, ([message, where, byte]) => {
      const bytes = encoder.encode(message);
      bytes[where % Math.min(bytes.byteLength, 100)] = byte;
      try {
        parseFrame(decodeMessage(bytes));
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a message of the longest length is taken, one byte more is refused", () => {
  const headBytes = 5;
  const longest = new Uint8Array(MAX_MESSAGE_BYTES);
  longest[0] = 0xc6; // bin 32
  new DataView(longest.buffer).setUint32(1, MAX_MESSAGE_BYTES - headBytes);
  const decoded = decodeMessage(longest);
  assert.ok(decoded instanceof Uint8Array);
  assert.equal(decoded.byteLength, MAX_MESSAGE_BYTES - headBytes);
  assert.throws(
    () => decodeMessage(new Uint8Array(MAX_MESSAGE_BYTES + 1)),
    { name: "ProtocolError", code: "too_large", message: /8388609 bytes, at most 8388608/ },
  );
});

Deno.test("what the decoder says is kept as the cause", () => {
  assert.throws(() => decodeMessage(Uint8Array.fromHex("d40100")), (error) => {
    assert.ok(error instanceof ProtocolError);
    assert.equal(error.code, "malformed");
    assert.ok(error.cause instanceof Error);
    return true;
  });
});
