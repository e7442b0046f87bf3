import type { InputMux } from "./input_mux.ts";

/** EBML and Matroska element ids (RFC 8794; RFC 9559, 5.1), their marker bits included. */
const Id = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

/** Of a Segment that goes on for as long as the camera does. */
const UNKNOWN_SIZE = Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const NS_IN_MS = 1_000_000;
const VIDEO_TRACK = 1;
/** Of track 1, 0 ms after its cluster; then the flags. */
const BLOCK_HEAD = [0x81, 0, 0];
const KEYFRAME = 0x80;

/**
 * H.265 in Matroska, a cluster an access unit: what FFmpeg takes from a pipe without waiting for the
 * next one, whatever its age. FLV it takes since 6.1 (RFC 9559).
 */
export const h265InMatroska: InputMux = {
  format: "matroska",
  begin: ({ config, width, height }) =>
    concatenate([
      element(Id.ebml, element(Id.docType, ascii("matroska"))),
      idBytes(Id.segment),
      UNKNOWN_SIZE,
      element(Id.info, element(Id.timestampScale, uint(NS_IN_MS))),
      element(
        Id.tracks,
        element(
          Id.trackEntry,
          element(Id.trackNumber, uint(1)),
          element(Id.trackUid, uint(1)),
          element(Id.trackType, uint(VIDEO_TRACK)),
          element(Id.codecId, ascii("V_MPEGH/ISO/HEVC")),
          element(Id.codecPrivate, config),
          element(
            Id.video,
            element(Id.pixelWidth, uint(width)),
            element(Id.pixelHeight, uint(height)),
          ),
        ),
      ),
    ]),
  accessUnit: ({ data, key, ptsMs }) =>
    element(
      Id.cluster,
      element(Id.timestamp, uint(ptsMs)),
      element(Id.simpleBlock, Uint8Array.of(...BLOCK_HEAD, key ? KEYFRAME : 0), data),
    ),
};

function element(id: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = content.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return concatenate([idBytes(id), sizeBytes(bytes), ...content]);
}

/** Of eight bytes, which every size fits into (RFC 8794, 4). */
function sizeBytes(bytes: number): Uint8Array {
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(bytes));
  size[0] = 1;
  return size;
}

function idBytes(id: number): Uint8Array {
  return uint(id);
}

/** As few bytes as it takes, one at least. */
function uint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; left > 0 || bytes.length === 0; left = Math.floor(left / 256)) {
    bytes.unshift(left % 256);
  }
  return Uint8Array.from(bytes);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}
