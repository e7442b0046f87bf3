import assert from "node:assert/strict";
import { LengthPrefixDecodeStream } from "./framing.ts";
import {
  parseFrame,
  parseIngestToProducerMessage,
  parseProducerMessage,
  parseViewerMessage,
} from "./schema.ts";
import {
  FRAMES,
  INGEST_TO_PRODUCER_MESSAGES,
  INGEST_TO_VIEWER_MESSAGES,
  PRODUCER_MESSAGES,
  TINY_JPEG,
  VIEWER_MESSAGES,
} from "./testdata/messages.ts";
import {
  type AcceptedVector,
  fromJson,
  type Reader,
  readVectors,
  type RejectedVector,
  type Vector,
} from "./testdata/vector.ts";
import { decodeMessage, MessageEncoder } from "./wire.ts";

/** `parse` throws on a message that its direction does not know. */
const GOLDEN = [
  { file: "frames.json", messages: FRAMES, parse: parseFrame },
  { file: "viewer_messages.json", messages: VIEWER_MESSAGES, parse: parseViewerMessage },
  {
    file: "messages_to_viewers.json",
    messages: INGEST_TO_VIEWER_MESSAGES,
    parse: (message: unknown) => message, // viewers trust ingest and carry no schemas
  },
  { file: "producer_messages.json", messages: PRODUCER_MESSAGES, parse: parseProducerMessage },
  {
    file: "messages_to_producers.json",
    messages: INGEST_TO_PRODUCER_MESSAGES,
    parse: parseIngestToProducerMessage,
  },
];

function parseAs(reader: Exclude<Reader, "live publish">, message: unknown): unknown {
  switch (reader) {
    case "message":
      return message;
    case "frame":
      return parseFrame(message);
    case "viewer message":
      return parseViewerMessage(message);
    case "producer message":
      return parseProducerMessage(message);
    case "message to a producer":
      return parseIngestToProducerMessage(message);
  }
}

async function read({ as, bytes }: RejectedVector): Promise<void> {
  const given = Uint8Array.fromHex(bytes);
  if (as !== "live publish") parseAs(as, decodeMessage(given));
  else {
    const decode = new LengthPrefixDecodeStream();
    await Array.fromAsync(ReadableStream.from([given]).pipeThrough(decode));
  }
}

for (const { file, messages, parse } of GOLDEN) {
  Deno.test(`${file}: our encoder makes these bytes, our decoder and schema read them`, () => {
    const encoder = new MessageEncoder();
    const vectors = readVectors<Vector>(file);
    assert.deepEqual(vectors.map(({ name }) => name), Object.keys(messages));
    for (const { name, message, bytes } of vectors) {
      const value = fromJson(message);
      assert.ok(typeof value === "object" && value !== null);
      assert.deepEqual(value, messages[name], `${name}: make_vectors.ts was not run`);
      assert.equal(encoder.encode(value).toHex(), bytes, name);
      assert.deepEqual(parse(decodeMessage(Uint8Array.fromHex(bytes))), value, name);
    }
  });
}

/** Written down by hand from the MessagePack specification, byte by byte. */
Deno.test("two vectors are what a person reads out of the MessagePack specification", () => {
  const ackByHand = [
    "83", // fixmap of 3
    "a4 74797065", // fixstr 4 "type"
    "a3 61636b", // fixstr 3 "ack"
    "a3 736571", // fixstr 3 "seq"
    "cc ff", // uint 8, 255
    "a9 72656e646974696f6e", // fixstr 9 "rendition"
    "a4 6d61696e", // fixstr 4 "main"
  ];
  const plainFrameByHand = [
    "84", // fixmap of 4
    "a9 74696d657374616d70", // fixstr 9 "timestamp"
    "cf 00000199c82cc000", // uint 64, 1 760 000 000 000
    "a5 7769647468", // fixstr 5 "width"
    "10", // positive fixint 16
    "a6 686569676874", // fixstr 6 "height"
    "10",
    "a4 64617461", // fixstr 4 "data"
    "c5 0178", // bin 16 of 376 bytes
    TINY_JPEG.toHex(),
  ];
  const bytesOf = (file: string, name: string) =>
    readVectors<Vector>(file).find((vector) => vector.name === name)?.bytes;
  const joined = (parts: string[]) => parts.join("").replaceAll(" ", "");
  assert.equal(bytesOf("messages_to_producers.json", "ack to a producer"), joined(ackByHand));
  assert.equal(bytesOf("frames.json", "plain JPEG"), joined(plainFrameByHand));
});

for (const vector of readVectors<AcceptedVector>("accepted.json")) {
  Deno.test(`accepted as a ${vector.as}: ${vector.name}`, () => {
    const parsed = parseAs(vector.as, decodeMessage(Uint8Array.fromHex(vector.bytes)));
    assert.deepEqual(parsed ?? null, fromJson(vector.message));
  });
}

for (const vector of readVectors<RejectedVector>("rejected.json")) {
  Deno.test(`rejected as a ${vector.as}: ${vector.name}`, async () => {
    await assert.rejects(read(vector), { name: "ProtocolError", code: vector.code });
  });
}
