/**
 * Bytes that arrived in chunks, read back in pieces of any size. One growing buffer; what was read
 * makes room for what comes.
 */
export class ByteQueue {
  #buffer = new Uint8Array(64 * 1024);
  #start = 0;
  #end = 0;

  get byteLength(): number {
    return this.#end - this.#start;
  }

  /** What it has set aside: at most twice the most that it ever held, from 64 KiB on. */
  get heldBytes(): number {
    return this.#buffer.byteLength;
  }

  push(chunk: Uint8Array): void {
    if (this.#end + chunk.byteLength > this.#buffer.byteLength) this.#makeRoom(chunk.byteLength);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.byteLength;
  }

  /** A view of the next bytes, gone with the next `push`; `undefined` while fewer are there. */
  peek(byteLength: number): DataView | undefined {
    if (this.byteLength < byteLength) return undefined;
    return new DataView(this.#buffer.buffer, this.#start, byteLength);
  }

  skip(byteLength: number): void {
    this.#start = Math.min(this.#start + byteLength, this.#end);
  }

  /** A copy of the next bytes, the caller's own. */
  take(byteLength: number): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(this.#start, this.#start + byteLength);
    this.skip(byteLength);
    return taken;
  }

  #makeRoom(byteLength: number): void {
    const held = this.#buffer.subarray(this.#start, this.#end);
    const needed = held.byteLength + byteLength;
    const target = needed > this.#buffer.byteLength
      ? new Uint8Array(Math.max(needed, 2 * this.#buffer.byteLength))
      : this.#buffer;
    target.set(held);
    this.#buffer = target;
    this.#start = 0;
    this.#end = held.byteLength;
  }
}
