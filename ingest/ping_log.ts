/** What an answer to a ping tells. */
export interface PingAnswer {
  /** The newest heartbeat was read. */
  readonly isHeartbeat: boolean;
  /** Nothing that was asked is left to be answered. */
  readonly isLast: boolean;
}

const PAYLOAD_BYTES = 4;
/** More than can be unread: one for each 16 KiB of the 24 MiB that a viewer may have waiting. */
const MAX_WAITING = 2_048;

/**
 * The pings that are on their way to one viewer. A viewer may answer the newest of several alone
 * (RFC 6455, 5.5.3), and each has a number that cannot be guessed: who does not read cannot answer.
 */
export class PingLog {
  #waiting: { readonly id: number; readonly isHeartbeat: boolean }[] = [];

  /** Pings that are remembered: a viewer that acknowledges frames need not answer any. */
  get size(): number {
    return this.#waiting.length;
  }

  /** @returns the payload of a new ping */
  asked(isHeartbeat: boolean): Uint8Array<ArrayBuffer> {
    const payload = crypto.getRandomValues(new Uint8Array(PAYLOAD_BYTES));
    this.#waiting.push({ id: idOf(payload), isHeartbeat });
    if (this.#waiting.length > MAX_WAITING) this.#forgetOldest();
    return payload;
  }

  /** `undefined` for a pong that was not asked for, which means nothing (RFC 6455, 5.5.3). */
  answered(payload: Uint8Array): PingAnswer | undefined {
    if (payload.byteLength !== PAYLOAD_BYTES) return undefined;
    const answeredId = idOf(payload);
    const at = this.#waiting.findIndex(({ id }) => id === answeredId);
    if (at < 0) return undefined;
    const read = this.#waiting.slice(0, at + 1);
    this.#waiting = this.#waiting.slice(at + 1);
    const isHeartbeat = read.some((ping) => ping.isHeartbeat) &&
      !this.#waiting.some((ping) => ping.isHeartbeat);
    return { isHeartbeat, isLast: this.#waiting.length === 0 };
  }

  /** What answers the next one answers it, too. */
  #forgetOldest(): void {
    const isHeartbeat = this.#waiting.shift()?.isHeartbeat === true;
    const [oldest] = this.#waiting;
    if (isHeartbeat && oldest !== undefined) this.#waiting[0] = { ...oldest, isHeartbeat };
  }
}

function idOf(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}
