/** The bytes that are there end before what is being read. */
export class CutShortError extends RangeError {
  override readonly name = "CutShortError";

  /** @param neededBytes how many there have to be, from the start, to get further */
  constructor(readonly neededBytes: number) {
    super("the bytes end too early");
  }
}

/** Reads the values that NUT is made of, from the start of a view. */
export class NutReader {
  readonly #view: DataView;
  #offset = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  byte(): number {
    return this.#view.getUint8(this.#step(1));
  }

  bigUint64(): bigint {
    return this.#view.getBigUint64(this.#step(8));
  }

  /** Seven bits a byte, the upper ones first; the last byte has its first bit clear. */
  uint(): number {
    let value = 0;
    let byte: number;
    do {
      byte = this.byte();
      value = value * 128 + (byte & 0x7f);
    } while ((byte & 0x80) !== 0 && value <= Number.MAX_SAFE_INTEGER);
    return value;
  }

  /** 0, 1, -1, 2, -2, … as 0, 1, 2, 3, 4, … */
  int(): number {
    const coded = this.uint() + 1;
    return coded % 2 === 0 ? coded / 2 : -(coded - 1) / 2;
  }

  /** Latin-1. */
  text(byteLength: number): string {
    return String.fromCharCode(...this.#bytesAt(this.#step(byteLength), byteLength));
  }

  /** A copy behind `prefix`, the caller's own. */
  bytes(byteLength: number, prefix: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
    const source = this.#bytesAt(this.#step(byteLength), byteLength);
    const copy = new Uint8Array(prefix.byteLength + byteLength);
    copy.set(prefix);
    copy.set(source, prefix.byteLength);
    return copy;
  }

  /** The next bytes, to be read by themselves. */
  part(byteLength: number): NutReader {
    const start = this.#view.byteOffset + this.#step(byteLength);
    return new NutReader(new DataView(this.#view.buffer, start, byteLength));
  }

  skip(byteLength: number): void {
    this.#step(byteLength);
  }

  #bytesAt(offset: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + offset, byteLength);
  }

  /** @returns where the bytes that are stepped over begin */
  #step(byteLength: number): number {
    const start = this.#offset;
    if (start + byteLength > this.#view.byteLength) {
      throw new CutShortError(start + byteLength);
    }
    this.#offset = start + byteLength;
    return start;
  }
}
