import { MAX_MESSAGE_BYTES } from "@porthole/protocol";
import { ByteQueue } from "./byte_queue.ts";
import { CutShortError, NutReader } from "./nut_reader.ts";

/** What a NUT stream holds. Buffers belong to whoever gets them. */
export type NutVideo =
  /** What the camera said of its codec beforehand: parameter sets behind start codes, or nothing. */
  | {
    readonly kind: "configuration";
    /** As in AVI, `HEVC` for H.265. */
    readonly fourcc: string;
    readonly data: Uint8Array<ArrayBuffer>;
  }
  /** One access unit as FFmpeg had it, of RTSP with start codes; `ptsMs` is of the stream. */
  | {
    readonly kind: "access-unit";
    readonly data: Uint8Array<ArrayBuffer>;
    readonly key: boolean;
    readonly ptsMs: number;
  };

/** The bytes are not NUT as FFmpeg writes it, or a packet is larger than any access unit may be. */
export class NutError extends Error {
  override readonly name = "NutError";
}

/** What the first byte of a frame stands for. */
interface FrameCode {
  readonly flags: number;
  readonly ptsDelta: number;
  readonly sizeFactor: number;
  readonly sizeRest: number;
  readonly reserved: number;
  readonly elision: number;
}

interface TimeBase {
  readonly numerator: number;
  readonly denominator: number;
}

interface MainHeader {
  readonly timeBases: readonly TimeBase[];
  readonly frameCodes: readonly FrameCode[];
  /** Bytes that frames begin with and that are left out. The first is of none. */
  readonly elisions: readonly Uint8Array[];
}

interface StreamHeader {
  readonly timeBase: TimeBase;
  readonly ptsShift: number;
}

const FILE_ID = "nut/multimedia container\0";
/** Every startcode begins with it, and no frame does. */
const STARTCODE_BEGIN = 0x4e;
const MAIN_STARTCODE = 0x4e4d7a561f5f04adn;
const STREAM_STARTCODE = 0x4e5311405bf2f9dbn;
const SYNCPOINT_STARTCODE = 0x4e4be4adeeca4569n;
const CHECKSUM_BYTES = 4;
/** A longer packet has a checksum of its header behind the length. */
const CHECKED_FROM_BYTES = 4096;
/** Longer frames begin with their own bytes. */
const ELIDED_UP_TO_BYTES = 4096;

const Flag = {
  key: 1,
  codedPts: 1 << 3,
  streamId: 1 << 4,
  sizeMsb: 1 << 5,
  checksum: 1 << 6,
  reserved: 1 << 7,
  sideData: 1 << 8,
  elision: 1 << 10,
  matchTime: 1 << 11,
  coded: 1 << 12,
  invalid: 1 << 13,
} as const;

const INVALID: FrameCode = {
  flags: Flag.invalid,
  ptsDelta: 0,
  sizeFactor: 1,
  sizeRest: 0,
  reserved: 0,
  elision: 0,
};

/**
 * Cuts the NUT that FFmpeg writes of one video stream into access units, each as soon as its last
 * byte is there: it says sizes first, as FLV does, and unlike FLV it takes any codec, whatever the
 * age of FFmpeg. Checksums are not looked at: the bytes come by a pipe.
 *
 * @see FFmpeg, `nutenc.c`; "NUT Open Container Format"
 */
export class NutDemuxer {
  readonly #bytes = new ByteQueue();
  #fileIdSeen = false;
  #main: MainHeader | undefined;
  #stream: StreamHeader | undefined;
  #lastPts = 0;
  /** What there has to be to get further: a picture that comes in pieces is not looked at at each. */
  #neededBytes = 1;

  /** What it has set aside for what is not complete yet. */
  get heldBytes(): number {
    return this.#bytes.heldBytes;
  }

  /** @throws {NutError} after which the demuxer must not be used again */
  *push(chunk: Uint8Array): Generator<NutVideo> {
    this.#bytes.push(chunk);
    if (!this.#fileIdSeen && !this.#readFileId()) return;
    while (this.#bytes.byteLength >= this.#neededBytes) {
      const view = this.#bytes.peek(this.#bytes.byteLength);
      if (view === undefined) return;
      const reader = new NutReader(view);
      try {
        const video = view.getUint8(0) === STARTCODE_BEGIN
          ? this.#readPacket(reader)
          : this.#readFrame(reader);
        this.#bytes.skip(reader.offset);
        this.#neededBytes = 1;
        if (video !== undefined) yield video;
      } catch (error) {
        if (!(error instanceof CutShortError)) throw error;
        this.#neededBytes = error.neededBytes;
        return;
      }
    }
  }

  #readFileId(): boolean {
    const view = this.#bytes.peek(FILE_ID.length);
    if (view === undefined) return false;
    const id = new NutReader(view).text(FILE_ID.length);
    if (id !== FILE_ID) throw new NutError("the bytes do not start as NUT does");
    this.#bytes.skip(FILE_ID.length);
    this.#fileIdSeen = true;
    return true;
  }

  /** A header, a point to begin at, or what is of no interest. */
  #readPacket(reader: NutReader): NutVideo | undefined {
    const startcode = reader.bigUint64();
    const packetBytes = bounded(reader.uint());
    if (packetBytes > CHECKED_FROM_BYTES) reader.skip(CHECKSUM_BYTES);
    const content = reader.part(packetBytes);
    try {
      switch (startcode) {
        case MAIN_STARTCODE:
          // FFmpeg repeats its headers as the stream gets long.
          this.#main ??= readMainHeader(content, packetBytes - CHECKSUM_BYTES);
          return undefined;
        case STREAM_STARTCODE:
          return this.#stream === undefined ? this.#readStreamHeader(content) : undefined;
        case SYNCPOINT_STARTCODE:
          this.#readSyncpoint(content);
          return undefined;
        default:
          return undefined;
      }
    } catch (error) {
      if (error instanceof CutShortError) throw new NutError("a packet is shorter than it says");
      throw error;
    }
  }

  #readStreamHeader(reader: NutReader): NutVideo {
    reader.uint(); // stream_id
    reader.uint(); // stream_class
    const fourcc = reader.text(bounded(reader.uint()));
    const timeBase = this.#main?.timeBases[reader.uint()];
    if (timeBase === undefined) throw new NutError("a stream has no time base");
    const ptsShift = reader.uint();
    if (ptsShift > 31) throw new NutError("timestamps have no sense");
    reader.uint(); // max_pts_distance
    reader.uint(); // decode_delay
    reader.uint(); // stream_flags
    this.#stream = { timeBase, ptsShift };
    return { kind: "configuration", fourcc, data: reader.bytes(bounded(reader.uint())) };
  }

  /** Times of frames count from here. */
  #readSyncpoint(reader: NutReader): void {
    const timeBases = this.#main?.timeBases ?? [];
    const coded = reader.uint();
    const from = timeBases[coded % timeBases.length];
    const to = this.#stream?.timeBase;
    if (from === undefined || to === undefined) {
      throw new NutError("a frame comes before its headers");
    }
    const seconds = Math.floor(coded / timeBases.length) * from.numerator / from.denominator;
    this.#lastPts = Math.floor(seconds * to.denominator / to.numerator);
  }

  #readFrame(reader: NutReader): NutVideo | undefined {
    const [main, stream] = [this.#main, this.#stream];
    if (main === undefined || stream === undefined) {
      throw new NutError("a frame comes before its headers");
    }
    const code = main.frameCodes[reader.byte()] ?? INVALID;
    if ((code.flags & Flag.invalid) !== 0) throw new NutError("a frame begins with no frame code");
    const flags = (code.flags & Flag.coded) === 0 ? code.flags : code.flags ^ reader.uint();
    if ((flags & Flag.streamId) !== 0) reader.uint();
    const pts = (flags & Flag.codedPts) === 0
      ? this.#lastPts + code.ptsDelta
      : this.#fullPts(reader.uint(), stream);
    const sizeMsb = (flags & Flag.sizeMsb) === 0 ? 0 : reader.uint();
    const size = bounded(code.sizeRest + code.sizeFactor * sizeMsb);
    if ((flags & Flag.matchTime) !== 0) reader.int();
    const elided = (flags & Flag.elision) === 0 ? code.elision : reader.uint();
    const reserved = (flags & Flag.reserved) === 0 ? code.reserved : reader.uint();
    for (let n = 0; n < reserved; n++) reader.uint();
    if ((flags & Flag.checksum) !== 0) reader.skip(CHECKSUM_BYTES);
    if ((flags & Flag.sideData) !== 0) throw new NutError("a frame has side data");
    const elision = main.elisions[size > ELIDED_UP_TO_BYTES ? 0 : elided];
    if (elision === undefined || size < elision.byteLength) {
      throw new NutError("a frame begins with bytes that are not known");
    }
    const data = reader.bytes(size - elision.byteLength, elision);
    this.#lastPts = pts;
    if (data.byteLength === 0) return undefined;
    const { numerator, denominator } = stream.timeBase;
    const ptsMs = Math.round(pts * 1000 * numerator / denominator);
    return { kind: "access-unit", data, key: (flags & Flag.key) !== 0, ptsMs };
  }

  /** Of a time of which only the lower bits were written, or all with one more above. */
  #fullPts(coded: number, { ptsShift }: StreamHeader): number {
    const period = 2 ** ptsShift;
    if (coded >= period) return coded - period;
    const delta = this.#lastPts - Math.floor((period - 1) / 2);
    return ((coded - delta) % period + period) % period + delta;
  }
}

function readMainHeader(reader: NutReader, contentBytes: number): MainHeader {
  const version = reader.uint();
  if (version > 3) reader.uint(); // minor_version
  const streams = reader.uint();
  if (streams !== 1) throw new NutError(`${streams} streams in place of one`);
  reader.uint(); // max_distance
  const timeBaseCount = reader.uint();
  if (timeBaseCount < 1 || timeBaseCount > 16) throw new NutError("time bases have no sense");
  const timeBases = Array.from({ length: timeBaseCount }, () => {
    const [numerator, denominator] = [reader.uint(), reader.uint()];
    if (numerator === 0 || denominator === 0) throw new NutError("a time base is of nothing");
    return { numerator, denominator };
  });
  const frameCodes = readFrameCodes(reader);
  return { timeBases, frameCodes, elisions: readElisions(reader, contentBytes) };
}

/** 256 of them, those that differ little written as one. */
function readFrameCodes(reader: NutReader): FrameCode[] {
  const codes: FrameCode[] = [];
  let [ptsDelta, sizeFactor, elision] = [0, 1, 0];
  while (codes.length < 256) {
    const flags = reader.uint();
    const fields = reader.uint();
    if (fields > 0) ptsDelta = reader.int();
    if (fields > 1) sizeFactor = reader.uint();
    if (fields > 2) reader.uint(); // stream_id
    const sizeRest = fields > 3 ? reader.uint() : 0;
    const reserved = fields > 4 ? reader.uint() : 0;
    const count = fields > 5 ? reader.uint() : sizeFactor - sizeRest;
    if (fields > 6) reader.int(); // match_time_delta
    if (fields > 7) elision = reader.uint();
    for (let field = 8; field < fields; field++) reader.uint();
    if (count < 1 || count > 256) throw new NutError("frame codes have no sense");
    for (let n = 0; n < count; n++) {
      if (codes.length === STARTCODE_BEGIN) codes.push(INVALID);
      codes.push({ flags, ptsDelta, sizeFactor, sizeRest: sizeRest + n, reserved, elision });
    }
  }
  return codes;
}

function readElisions(reader: NutReader, contentBytes: number): Uint8Array[] {
  const elisions = [new Uint8Array(0)];
  if (reader.offset >= contentBytes) return elisions;
  for (let left = reader.uint(); left > 0; left--) {
    elisions.push(reader.bytes(bounded(reader.uint())));
  }
  return elisions;
}

function bounded(bytes: number): number {
  if (bytes <= MAX_MESSAGE_BYTES) return bytes;
  throw new NutError(`a packet of ${bytes} bytes, at most ${MAX_MESSAGE_BYTES} make sense`);
}
