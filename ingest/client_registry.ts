import { epochNowMs } from "@porthole/protocol";
import type { ClientLimits } from "./config.ts";

/** A connected viewer, as the registry needs it. */
export interface Client {
  /** Says why and closes. */
  close(code: string, reason: string): void;
}

/** What is known of a client besides its session. */
export interface ClientEntry {
  readonly client: Client;
  readonly address: string;
  readonly connectedAtMs: number;
}

/** Every viewer that is connected, and whether one more may come. */
export class ClientRegistry {
  readonly #entries = new Map<Client, ClientEntry>();
  readonly #perAddress = new Map<string, number>();

  constructor(readonly limits: ClientLimits) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Why no viewer from this address may connect now, or `undefined`. */
  refusal(address: string): string | undefined {
    const { maxClients, maxClientsPerAddress } = this.limits;
    if (this.#entries.size >= maxClients) return `${maxClients} viewers are connected already`;
    if ((this.#perAddress.get(address) ?? 0) >= maxClientsPerAddress) {
      return `${maxClientsPerAddress} viewers from this address are connected already`;
    }
    return undefined;
  }

  add(client: Client, address: string): void {
    this.#entries.set(client, { client, address, connectedAtMs: epochNowMs() });
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
  }

  remove(client: Client): void {
    const entry = this.#entries.get(client);
    if (entry === undefined) return;
    this.#entries.delete(client);
    const left = (this.#perAddress.get(entry.address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(entry.address, left);
    else this.#perAddress.delete(entry.address);
  }

  closeAll(code: string, reason: string): void {
    for (const { client } of [...this.#entries.values()]) client.close(code, reason);
  }
}
