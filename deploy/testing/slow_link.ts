import { errorChain, logFor, sleep } from "@porthole/protocol/service";

/** What a connection reads ahead of what the link has room for: two Ethernet packets and a bit. */
const CHUNK_BYTES = 4 * 1024;
const BURST_BYTES = 8 * 1024;
/** On its way while there is a delay, a connection. */
const MAX_DELAYED_BYTES = 256 * 1024;
/** A stopped link is looked at again when its rate changes; timers cannot be set to never. */
const LONGEST_WAIT_MS = 60_000;

const log = logFor("slow-link");

export interface SlowLinkOptions {
  /** Of the server on loopback. */
  readonly toPort: number;
  /** kbit/s towards the viewer; 0 stops it, absent is as fast as it can. */
  readonly kbps?: number;
  /** Added to what goes towards the viewer, ms. */
  readonly delayMs?: number;
}

/**
 * A slow link between a viewer and a server, as a TCP relay on loopback: what the server sends is
 * let through at a rate, all connections together, and what the viewer sends at once.
 *
 * It presses back as TCP does: a connection holds {@link CHUNK_BYTES} here and nothing more is read
 * until they are paid for. What waits beyond that waits in the kernel, as before a real bottleneck:
 * some 100 KB in the relay's receive buffer, and in the server's own send buffer whatever the
 * server puts there, which on loopback takes 4 MB. Nothing is ever lost.
 */
export class SlowLink implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #bucket: TokenBucket;
  readonly #toPort: number;
  readonly #delayMs: number;
  readonly #relays = new Map<Relay, Promise<void>>();
  readonly #accepting: Promise<void>;
  #rateChanged = new AbortController();
  #isClosed = false;
  #forwardedBytes = 0;

  private constructor({ toPort, kbps, delayMs = 0 }: SlowLinkOptions) {
    this.#toPort = toPort;
    this.#delayMs = delayMs;
    this.#bucket = new TokenBucket(BURST_BYTES, kbps);
    this.#accepting = this.#accept();
  }

  static start(options: SlowLinkOptions): SlowLink {
    return new SlowLink(options);
  }

  /** Where the server is found behind the link. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/`;
  }

  /** What went through towards viewers since the start. */
  get forwardedBytes(): number {
    return this.#forwardedBytes;
  }

  /** @param kbps kbit/s from now on; 0 stops the link, `undefined` lets through all that comes */
  setRate(kbps: number | undefined): void {
    this.#bucket.setRate(kbps, performance.now());
    this.#wake();
  }

  /** Nothing passes on today's connections any more, and nobody is told; those to come are well. */
  strand(): void {
    for (const relay of this.#relays.keys()) relay.strand();
  }

  /** Closes the port and both sides of every connection; what is on its way is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#listener.close();
      for (const relay of this.#relays.keys()) relay.close();
      this.#wake();
    }
    await this.#accepting;
    await Promise.all(this.#relays.values());
  }

  async #accept(): Promise<void> {
    for await (const viewer of this.#listener) {
      const server = await this.#connect();
      if (server === undefined || this.#isClosed) {
        viewer.close();
        server?.close();
        continue;
      }
      const pay = (bytes: number) => this.#pay(bytes);
      const relay = new Relay({ viewer, server, pay, delayMs: this.#delayMs });
      this.#relays.set(relay, relay.run().finally(() => this.#relays.delete(relay)));
    }
  }

  /** `undefined` when nothing listens there: the viewer is then closed upon, as by a dead server. */
  async #connect(): Promise<Deno.TcpConn | undefined> {
    try {
      return await Deno.connect({ hostname: "127.0.0.1", port: this.#toPort });
    } catch (error) {
      log.debug("the server cannot be reached", { error: errorChain(error) });
      return undefined;
    }
  }

  /** Resolves when that much may pass, or the link is closed. */
  async #pay(bytes: number): Promise<void> {
    while (!this.#isClosed) {
      const waitMs = this.#bucket.waitMs(bytes, performance.now());
      if (waitMs === 0) {
        this.#bucket.spend(bytes);
        this.#forwardedBytes += bytes;
        return;
      }
      await sleep(Math.min(waitMs, LONGEST_WAIT_MS), this.#rateChanged.signal);
    }
  }

  #wake(): void {
    this.#rateChanged.abort();
    this.#rateChanged = new AbortController();
  }
}

interface RelayOptions {
  readonly viewer: Deno.TcpConn;
  readonly server: Deno.TcpConn;
  readonly pay: (bytes: number) => Promise<void>;
  readonly delayMs: number;
}

/** One connection through the link. A viewer's end is the whole's: browsers never half-close. */
class Relay {
  readonly #options: RelayOptions;
  readonly #closing = new AbortController();
  #isStranded = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    options.viewer.setNoDelay(true);
    options.server.setNoDelay(true);
  }

  /** Resolves, never rejects, when both sides are closed. */
  async run(): Promise<void> {
    const back = this.#thenClose(() => this.#back());
    await this.#thenClose(async () => {
      await this.#forward();
      // Closed at once, with something of the viewer's unread, TCP would take back what it was sent.
      await this.#options.viewer.closeWrite();
      await back;
    });
  }

  /** What either side sends from now on is swallowed. */
  strand(): void {
    this.#isStranded = true;
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#options.viewer.close();
    this.#options.server.close();
  }

  async #thenClose(pump: () => Promise<void>): Promise<void> {
    await this.#orClose(pump);
    this.close();
  }

  /** Both sides are closed when `task` fails, as it does once they are. */
  async #orClose(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        log.debug("connection ended", { error: errorChain(error) });
      }
      this.close();
    }
  }

  async #forward(): Promise<void> {
    const { server, viewer, pay, delayMs } = this.#options;
    const maxDelayed = MAX_DELAYED_BYTES / CHUNK_BYTES;
    const delayed: Promise<void>[] = [];
    const chunk = new Uint8Array(CHUNK_BYTES);
    while (true) {
      const readBytes = await server.read(chunk);
      if (readBytes === null) break;
      if (this.#isStranded) continue;
      await pay(readBytes);
      if (delayMs === 0) {
        await writeAll(viewer, chunk.subarray(0, readBytes));
        continue;
      }
      if (delayed.length === maxDelayed) await delayed.shift();
      delayed.push(this.#writeLater(chunk.slice(0, readBytes), delayed.at(-1)));
    }
    await Promise.all(delayed);
  }

  #writeLater(bytes: Uint8Array, before: Promise<void> | undefined): Promise<void> {
    const due = sleep(this.#options.delayMs, this.#closing.signal);
    return this.#orClose(async () => {
      await before;
      await due;
      await writeAll(this.#options.viewer, bytes);
    });
  }

  async #back(): Promise<void> {
    const { server, viewer } = this.#options;
    const chunk = new Uint8Array(CHUNK_BYTES);
    while (true) {
      const readBytes = await viewer.read(chunk);
      if (readBytes === null) return;
      if (this.#isStranded) continue;
      await writeAll(server, chunk.subarray(0, readBytes));
    }
  }
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) {
    written += await conn.write(bytes.subarray(written));
  }
}

/** How much may pass and when: the bucket of `tc-tbf`(8). Pure: the time is passed in. */
export class TokenBucket {
  readonly #burstBytes: number;
  #bytesPerMs: number | undefined;
  #tokens = 0;
  #filledMs: number | undefined;

  /** @param kbps kbit/s; 0 lets nothing through, `undefined` everything */
  constructor(burstBytes: number, kbps: number | undefined) {
    this.#burstBytes = burstBytes;
    this.#bytesPerMs = bytesPerMsOf(kbps);
  }

  /** What was saved up stays, what was not counted while there was no limit does not. */
  setRate(kbps: number | undefined, nowMs: number): void {
    this.#fill(nowMs);
    this.#bytesPerMs = bytesPerMsOf(kbps);
  }

  /**
   * How long until `bytes` may pass, ms: 0 now, `Infinity` while stopped.
   *
   * @throws {RangeError} for more than a burst, which would never pass
   */
  waitMs(bytes: number, nowMs: number): number {
    if (bytes > this.#burstBytes) throw new RangeError(`${bytes} bytes: over a burst`);
    this.#fill(nowMs);
    if (this.#bytesPerMs === undefined) return 0;
    if (this.#bytesPerMs === 0) return Infinity;
    return Math.max(0, (bytes - this.#tokens) / this.#bytesPerMs);
  }

  /** Takes what {@link waitMs} said may pass. */
  spend(bytes: number): void {
    if (this.#bytesPerMs !== undefined) this.#tokens -= bytes;
  }

  #fill(nowMs: number): void {
    const gained = (this.#bytesPerMs ?? 0) * (nowMs - (this.#filledMs ?? nowMs));
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + gained);
    this.#filledMs = nowMs;
  }
}

function bytesPerMsOf(kbps: number | undefined): number | undefined {
  return kbps === undefined ? undefined : kbps / 8;
}
