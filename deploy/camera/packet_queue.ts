/**
 * What one peer is still to be sent. Never waits: a peer that falls behind by more than the limit
 * is given up, so that it cannot hold up the others.
 */
export class PacketQueue {
  readonly #sink: { write(bytes: Uint8Array): Promise<number> };
  readonly #maxPendingBytes: number;
  readonly #onFailure: (reason: "too slow" | "gone", cause?: unknown) => void;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #isWriting = false;
  #isClosed = false;

  constructor(
    sink: { write(bytes: Uint8Array): Promise<number> },
    maxPendingBytes: number,
    onFailure: (reason: "too slow" | "gone", cause?: unknown) => void,
  ) {
    this.#sink = sink;
    this.#maxPendingBytes = maxPendingBytes;
    this.#onFailure = onFailure;
  }

  /** Bytes taken and not yet written; `bytes` is only read, and may be shared. */
  push(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > this.#maxPendingBytes) this.#fail("too slow");
    else if (!this.#isWriting) void this.#writePending();
  }

  /** Drops what is pending. */
  close(): void {
    this.#isClosed = true;
    this.#pending = [];
  }

  async #writePending(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#pending.length > 0) {
        const packets = this.#pending;
        this.#pending = [];
        const bytes = joined(packets);
        for (let written = 0; written < bytes.length && !this.#isClosed;) {
          written += await this.#sink.write(bytes.subarray(written));
        }
        this.#pendingBytes -= bytes.length;
      }
    } catch (cause) {
      this.#fail("gone", cause);
    } finally {
      this.#isWriting = false;
    }
  }

  #fail(reason: "too slow" | "gone", cause?: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#onFailure(reason, cause);
  }
}

function joined(packets: readonly Uint8Array[]): Uint8Array {
  const [only] = packets;
  if (only !== undefined && packets.length === 1) return only;
  const bytes = new Uint8Array(packets.reduce((sum, packet) => sum + packet.length, 0));
  let offset = 0;
  for (const packet of packets) {
    bytes.set(packet, offset);
    offset += packet.length;
  }
  return bytes;
}
