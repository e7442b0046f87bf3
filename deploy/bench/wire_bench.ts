/**
 * What a frame costs in protocol/: `deno bench -A deploy/bench/wire_bench.ts`.
 *
 * Sizes: 16 KB is a delta frame of 720p30 at about 4 Mbps, 100 KB a keyframe or a JPEG. At 30 fps a
 * producer encodes each once, ingest decodes and parses each once, a viewer decodes each once.
 */
import {
  assertBoundedStructure,
  decodeMessage,
  type Frame,
  LengthPrefixParser,
  MessageEncoder,
} from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";

const NAL_LENGTH_BYTES = 4;
/** What a read from a socket tends to give. */
const CHUNK_BYTES = 64 * 1024;

function h264Frame(dataBytes: number): Frame {
  const data = new Uint8Array(dataBytes).fill(0x55);
  new DataView(data.buffer).setUint32(0, dataBytes - NAL_LENGTH_BYTES);
  return {
    timestamp: 1_760_000_000_067,
    width: 1280,
    height: 720,
    data,
    codec: "avc1.64001f",
    key: true,
    seq: 70_000,
    pts: 2_333_310_000,
    rendition: "main",
    config: CONFIG,
  };
}

/** A decoder configuration of a usual size; what follows its head is not looked at. */
const CONFIG = Uint8Array.of(1, 0x64, 0x00, 0x1f, 0xff, ...new Uint8Array(35));

/** A stub of a 1280x720 JPEG: its size is looked up in its head, its end at its tail. */
function jpegFrame(dataBytes: number): Frame {
  const data = new Uint8Array(dataBytes).fill(0x55);
  data.set(Uint8Array.fromHex("ffd8ffc000110802d0050003012200021101031101"));
  data.set([0xff, 0xd9], dataBytes - 2);
  return { timestamp: 1_760_000_000_067, width: 1280, height: 720, data };
}

const encoder = new MessageEncoder();

const CASES = [
  { name: "H.264, 16 KB", frame: h264Frame(16 * 1024) },
  { name: "H.264, 100 KB", frame: h264Frame(100 * 1024) },
  { name: "JPEG, 100 KB", frame: jpegFrame(100 * 1024) },
];

for (const { name, frame } of CASES) {
  const bytes = encoder.encode(frame);
  const prefixed = encoder.encodePrefixed(frame);
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < prefixed.byteLength; offset += CHUNK_BYTES) {
    chunks.push(prefixed.subarray(offset, offset + CHUNK_BYTES));
  }
  const parser = new LengthPrefixParser();
  const message = decodeMessage(bytes);

  Deno.bench("encode with length prefix (producer)", { group: name, baseline: true }, () => {
    encoder.encodePrefixed(frame);
  });
  Deno.bench("cut out of the stream, 64 KB chunks (ingest)", { group: name }, () => {
    for (const chunk of chunks) parser.push(chunk).next();
  });
  Deno.bench("decode and parseFrame (ingest)", { group: name }, () => {
    parseFrame(decodeMessage(bytes));
  });
  Deno.bench("  of it: structure alone", { group: name }, () => {
    assertBoundedStructure(bytes);
  });
  Deno.bench("  of it: decode, with structure (viewer)", { group: name }, () => {
    decodeMessage(bytes);
  });
  Deno.bench("  of it: parseFrame alone", { group: name }, () => {
    parseFrame(message);
  });
}
