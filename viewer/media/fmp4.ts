import { codecFamilyOf } from "@porthole/protocol";

/**
 * Fragmented MP4 of one track of H.264 or H.265, an access unit a fragment: what a Media Source is
 * fed with.
 *
 * @see ISO/IEC 14496-12 (boxes), ISO/IEC 14496-15, 5.4 (`avc1`) and 8.4 (`hvc1`), W3C "ISO BMFF Byte
 * Stream Format"
 */

/** Times are in µs. */
const TIMESCALE = 1_000_000;
const TRACK_ID = 1;
/** sample_depends_on 2: on no other one. */
const KEY_SAMPLE = 0x02000000;
/** sample_depends_on 1, and sample_is_non_sync_sample. */
const DELTA_SAMPLE = 0x01010000;
const UNIT_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

/** What a decoder has to know before the first sample. */
export interface TrackDescription {
  readonly widthPx: number;
  readonly heightPx: number;
  /** RFC 6381 */
  readonly codec: string;
  /** AVC- or HEVCDecoderConfigurationRecord */
  readonly config: Uint8Array;
}

/** One access unit in its place on the media timeline. */
export interface Sample {
  /** NAL units behind lengths of 4 bytes. It is copied. */
  readonly data: Uint8Array;
  readonly key: boolean;
  readonly decodeUs: number;
  readonly presentUs: number;
  readonly durationUs: number;
}

/**
 * The initialization segment. Of no duration, and without `mehd`: a stream that is live, of which
 * browsers then hold back nothing (ISO/IEC 14496-12, 8.8.2).
 */
export function initSegment(track: TrackDescription): Uint8Array<ArrayBuffer> {
  return concat([
    box("ftyp", ascii("iso6"), u32(0), ascii("iso6"), ascii("avc1")),
    box("moov", movieHeader(), trackBox(track), box("mvex", trackExtends())),
  ]);
}

/** A media segment of one sample. */
export function mediaSegment(
  { data, key, decodeUs, presentUs, durationUs }: Sample,
  sequence: number,
): Uint8Array<ArrayBuffer> {
  const moof = (dataOffset: number) =>
    box(
      "moof",
      fullBox("mfhd", 0, 0, u32(sequence)),
      box(
        "traf",
        // default-base-is-moof
        fullBox("tfhd", 0, 0x020000, u32(TRACK_ID)),
        fullBox("tfdt", 1, 0, u64(decodeUs)),
        // data offset; each sample's duration, size, flags and composition offset, which is signed
        fullBox(
          "trun",
          1,
          0x000f01,
          u32(1, dataOffset, durationUs, data.byteLength),
          u32(key ? KEY_SAMPLE : DELTA_SAMPLE, presentUs - decodeUs),
        ),
      ),
    );
  const mdatHeader = concat([u32(8 + data.byteLength), ascii("mdat")]);
  const headerBytes = moof(0).byteLength + mdatHeader.byteLength;
  return concat([moof(headerBytes), mdatHeader, data]);
}

function movieHeader(): Uint8Array {
  const times = u32(0, 0, TIMESCALE, 0);
  const rateAndVolume = [u32(0x10000), u16(0x0100, 0), u32(0, 0)];
  const unused = u32(0, 0, 0, 0, 0, 0);
  return fullBox(
    "mvhd",
    0,
    0,
    times,
    ...rateAndVolume,
    u32(...UNIT_MATRIX),
    unused,
    u32(TRACK_ID + 1),
  );
}

function trackBox(track: TrackDescription): Uint8Array {
  const { widthPx, heightPx } = track;
  const enabledAndInMovie = 3;
  const size = u32(widthPx * 0x10000, heightPx * 0x10000);
  return box(
    "trak",
    fullBox(
      "tkhd",
      0,
      enabledAndInMovie,
      u32(0, 0, TRACK_ID, 0, 0, 0, 0),
      u16(0, 0, 0, 0),
      u32(...UNIT_MATRIX),
      size,
    ),
    box(
      "mdia",
      // language "und"
      fullBox("mdhd", 0, 0, u32(0, 0, TIMESCALE, 0), u16(0x55c4, 0)),
      fullBox("hdlr", 0, 0, u32(0), ascii("vide"), u32(0, 0, 0), ascii("\0")),
      box(
        "minf",
        fullBox("vmhd", 0, 1, u16(0, 0, 0, 0)),
        // the media is in this very file
        box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1))),
        sampleTable(track),
      ),
    ),
  );
}

function sampleTable({ widthPx, heightPx, codec, config }: TrackDescription): Uint8Array {
  const dpi72 = 0x00480000;
  const isH265 = codecFamilyOf(codec) === "hvc1";
  const entry = box(
    isH265 ? "hvc1" : "avc1",
    u32(0),
    u16(0, 1),
    u32(0, 0, 0, 0),
    u16(widthPx, heightPx),
    u32(dpi72, dpi72, 0),
    // one frame a sample; no name; 24 bits of colour
    u16(1),
    new Uint8Array(32),
    u16(24, 0xffff),
    box(isH265 ? "hvcC" : "avcC", config),
  );
  return box(
    "stbl",
    fullBox("stsd", 0, 0, u32(1), entry),
    fullBox("stts", 0, 0, u32(0)),
    fullBox("stsc", 0, 0, u32(0)),
    fullBox("stsz", 0, 0, u32(0, 0)),
    fullBox("stco", 0, 0, u32(0)),
  );
}

function trackExtends(): Uint8Array {
  return fullBox("trex", 0, 0, u32(TRACK_ID, 1, 0, 0, 0));
}

function box(type: string, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = content.reduce((total, { byteLength }) => total + byteLength, 8);
  return concat([u32(bytes), ascii(type), ...content]);
}

function fullBox(
  type: string,
  version: number,
  flags: number,
  ...content: readonly Uint8Array[]
): Uint8Array {
  return box(type, u32(version * 0x1000000 + flags), ...content);
}

/** Negative values come out as two's complement. */
function u32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(index * 4, value));
  return bytes;
}

function u16(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint16(index * 2, value));
  return bytes;
}

function u64(value: number): Uint8Array {
  return u32(Math.floor(value / 2 ** 32), value % 2 ** 32);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** One after the other, in memory of their own. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, { byteLength }) => total + byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return joined;
}
