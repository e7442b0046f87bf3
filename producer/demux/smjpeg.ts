import { MAX_MESSAGE_BYTES } from "@porthole/protocol";
import { ByteQueue } from "./byte_queue.ts";

export interface TimedJpeg {
  readonly data: Uint8Array<ArrayBuffer>;
  /** As FFmpeg was given it. */
  readonly ptsMs: number;
}

/** The bytes are not SMJPEG, or a picture in it is larger than any may be. */
export class SmjpegError extends Error {
  override readonly name = "SmjpegError";
}

const MAGIC = "\0\nSMJPEG";
const FILE_HEADER_BYTES = 16;
const CHUNK_HEADER_BYTES = 12;
const HEADER_FIELD_BYTES = 8;

/**
 * Cuts SMJPEG into JPEGs with their timestamps (Loki SDL Motion JPEG 0.1).
 *
 * The least container FFmpeg writes that gives each JPEG's length ahead of it and a time in ms: no
 * search for the end of the picture, no guess which frame of the camera it was.
 */
export class SmjpegDemuxer {
  readonly #bytes = new ByteQueue();
  #headerSeen = false;
  #headerDone = false;
  #isEnded = false;

  /** What it has set aside for what is not complete yet; {@link ByteQueue} says how it is bounded. */
  get heldBytes(): number {
    return this.#bytes.heldBytes;
  }

  /** @throws {SmjpegError} after which the demuxer must not be used again */
  *push(chunk: Uint8Array): Generator<TimedJpeg> {
    if (this.#isEnded) return;
    this.#bytes.push(chunk);
    if (!this.#headerDone && !this.#readFileHeader()) return;
    while (true) {
      const header = this.#bytes.peek(CHUNK_HEADER_BYTES);
      if (header === undefined) return;
      const tag = fourCharacters(header);
      if (tag === "DONE") {
        this.#isEnded = true; // what follows is nothing of ours, and would only pile up
        return;
      }
      const ptsMs = header.getUint32(4);
      const bytes = boundedLength(header.getUint32(8));
      if (tag !== "vidD" && tag !== "sndD") throw new SmjpegError(`unknown chunk ${tag}`);
      if (this.#bytes.byteLength < CHUNK_HEADER_BYTES + bytes) return;
      this.#bytes.skip(CHUNK_HEADER_BYTES);
      const data = this.#bytes.take(bytes);
      if (tag === "vidD") yield { data, ptsMs };
    }
  }

  /** Magic, version, duration; then fields of tag, length and content up to `HEND`. */
  #readFileHeader(): boolean {
    if (!this.#headerSeen) {
      const header = this.#bytes.peek(FILE_HEADER_BYTES);
      if (header === undefined) return false;
      const magic = String.fromCharCode(
        ...new Uint8Array(header.buffer, header.byteOffset, MAGIC.length),
      );
      if (magic !== MAGIC) throw new SmjpegError("the bytes do not start like SMJPEG");
      this.#bytes.skip(FILE_HEADER_BYTES);
      this.#headerSeen = true;
    }
    while (true) {
      const tag = this.#bytes.peek(4);
      if (tag === undefined) return false;
      if (fourCharacters(tag) === "HEND") {
        this.#bytes.skip(4);
        this.#headerDone = true;
        return true;
      }
      const field = this.#bytes.peek(HEADER_FIELD_BYTES);
      if (field === undefined) return false;
      const bytes = HEADER_FIELD_BYTES + boundedLength(field.getUint32(4));
      if (this.#bytes.byteLength < bytes) return false;
      this.#bytes.skip(bytes);
    }
  }
}

function boundedLength(bytes: number): number {
  if (bytes <= MAX_MESSAGE_BYTES) return bytes;
  throw new SmjpegError(`a chunk of ${bytes} bytes, at most ${MAX_MESSAGE_BYTES} make sense`);
}

function fourCharacters(view: DataView): string {
  return String.fromCharCode(
    view.getUint8(0),
    view.getUint8(1),
    view.getUint8(2),
    view.getUint8(3),
  );
}
