import { addressGroup } from "./limits/address_group.ts";

/** A viewer came (1) or left (-1). */
export interface ClientChange {
  readonly stream: string;
  readonly address: string;
  readonly delta: 1 | -1;
}

/** How many viewers there are: altogether, of a stream, from an address. */
export class ClientCounts {
  readonly #perStream = new Map<string, number>();
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(stream: string): number {
    return this.#perStream.get(stream) ?? 0;
  }

  from(address: string): number {
    return this.#perAddress.get(addressGroup(address)) ?? 0;
  }

  count({ stream, address, delta }: ClientChange): void {
    this.#total += delta;
    add(this.#perStream, stream, delta);
    add(this.#perAddress, addressGroup(address), delta);
  }
}

function add(counts: Map<string, number>, key: string, delta: number): void {
  const count = (counts.get(key) ?? 0) + delta;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
