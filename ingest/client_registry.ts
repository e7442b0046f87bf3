import { epochNowMs } from "@porthole/protocol";
import { type ClientChange, ClientCounts } from "./client_counts.ts";
import type { ClientLimits } from "./config.ts";
import type { Playback, ViewerPlayback } from "./playback_reports.ts";

/** What an operator may know of one viewer. */
export interface ClientReport {
  /** What it gets; `null` while it gets nothing. */
  readonly rendition: string | null;
  readonly selected: string;
  readonly reason: string;
  /** How late what is on the way is, ms. */
  readonly ageMs: number;
  readonly bytesInFlight: number;
  /** What its link carried when it last was the bottleneck, or was probed; 0 for unknown. */
  readonly linkKbps: number;
  /** 0 for unknown. */
  readonly roundTripMs: number;
  readonly framesSent: number;
  readonly bytesSent: number;
  readonly framesDiscarded: number;
  /** How it says it plays; `null` when it does not say. */
  readonly playback: Playback | null;
}

/** A connected viewer, as the registry needs it. */
export interface Client {
  readonly streamId: string;
  /** What waits here to be sent, bytes. */
  readonly queuedBytes: number;
  /** Says why and closes. */
  close(code: string, reason: string): void;
  /** The same, because its token has expired. */
  expire(): void;
  /** What passes with time alone: called a few times a second. May take the client out. */
  tick(nowMs: number): void;
  report(nowMs: number): ClientReport;
  /** How it says it plays; `undefined` when it has said nothing of late. */
  playback(nowMs: number): Playback | undefined;
}

/** What is known of a client besides its session. */
export interface ClientEntry {
  readonly client: Client;
  readonly address: string;
  readonly connectedAtMs: number;
  /** When its token does, by the wall clock. */
  readonly expiresAtMs: number;
}

const TICK_MS = 250;

/**
 * Every viewer that is connected here, whether one more may come, and the one timer of them all.
 * Limits are of all workers together: the others' viewers are counted too.
 */
export class ClientRegistry implements Disposable {
  readonly #entries = new Map<Client, ClientEntry>();
  readonly #counts = new ClientCounts();
  readonly #tell: (change: ClientChange) => void;
  readonly #timer = setInterval(() => this.#tick(epochNowMs()), TICK_MS);

  /** @param tell is called when somebody comes here or leaves, for the other workers to count */
  constructor(readonly limits: ClientLimits, tell: (change: ClientChange) => void = () => {}) {
    this.#tell = tell;
  }

  /** Of those here. */
  get size(): number {
    return this.#entries.size;
  }

  /** Who watches a stream here, first come first. */
  viewersOf(streamId: string): ClientEntry[] {
    return [...this.#entries.values()].filter(({ client }) => client.streamId === streamId);
  }

  /** Of those here who say how they play. */
  playbacks(nowMs: number): ViewerPlayback[] {
    const playbacks: ViewerPlayback[] = [];
    for (const client of this.#entries.keys()) {
      const playback = client.playback(nowMs);
      if (playback !== undefined) playbacks.push({ stream: client.streamId, ...playback });
    }
    return playbacks;
  }

  /** What waits here to be sent to all of them, bytes. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const client of this.#entries.keys()) bytes += client.queuedBytes;
    return bytes;
  }

  /** How many there are here of each stream that is watched. */
  countsHere(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { streamId } of this.#entries.keys()) {
      counts.set(streamId, (counts.get(streamId) ?? 0) + 1);
    }
    return counts;
  }

  /** How many watch a stream, on all workers. */
  viewerCountOf(streamId: string): number {
    return this.#counts.of(streamId);
  }

  /** Why no viewer from this address may connect now, or `undefined`. */
  refusal(address: string): string | undefined {
    const { maxClients, maxClientsPerAddress } = this.limits;
    if (this.#counts.total >= maxClients) return `${maxClients} viewers are connected already`;
    if (this.#counts.from(address) >= maxClientsPerAddress) {
      return `${maxClientsPerAddress} viewers from this address are connected already`;
    }
    return undefined;
  }

  add(client: Client, address: string, expiresAtMs = Infinity): void {
    this.#entries.set(client, { client, address, connectedAtMs: epochNowMs(), expiresAtMs });
    this.#changed({ stream: client.streamId, address, delta: 1 });
  }

  remove(client: Client): void {
    const entry = this.#entries.get(client);
    if (entry === undefined) return;
    this.#entries.delete(client);
    this.#changed({ stream: client.streamId, address: entry.address, delta: -1 });
  }

  /** A viewer came to another worker, or left it. */
  countElsewhere(change: ClientChange): void {
    this.#counts.count(change);
  }

  closeAll(code: string, reason: string): void {
    for (const client of [...this.#entries.keys()]) client.close(code, reason);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #changed(change: ClientChange): void {
    this.#counts.count(change);
    this.#tell(change);
  }

  #tick(nowMs: number): void {
    // By the clock that tokens go by, which may be set while streams go on.
    const wallMs = Date.now();
    for (const { client, expiresAtMs } of this.#entries.values()) {
      if (wallMs >= expiresAtMs) client.expire();
      else client.tick(nowMs);
    }
  }
}
