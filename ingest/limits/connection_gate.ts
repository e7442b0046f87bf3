import { addressGroup } from "./address_group.ts";
import { AddressRates } from "./address_rates.ts";

export interface ConnectionLimits {
  /** Open at once. */
  readonly maxConnections: number;
  /** Open at once from one address. */
  readonly maxConnectionsPerAddress: number;
  /** Of one address, over time. */
  readonly newPerSecond: number;
}

/** Why a connection is not taken: a status of HTTP, for who can read it. */
export interface ConnectionRefusal {
  readonly status: 429 | 503;
  readonly code: "too_many_requests" | "too_many_connections";
  readonly message: string;
}

/**
 * Whether one more connection is taken, whatever it is for: each costs memory, a file descriptor,
 * and where there is TLS a handshake. Pure.
 */
export class ConnectionGate {
  readonly #limits: ConnectionLimits;
  readonly #perAddress = new Map<string, number>();
  readonly #rates: AddressRates;
  readonly #isProxy: (address: string) => boolean;
  #total = 0;

  /** @param isProxy whose connections are those of many, and count as nobody's */
  constructor(limits: ConnectionLimits, isProxy: (address: string) => boolean = () => false) {
    this.#limits = limits;
    this.#isProxy = isProxy;
    const burst = 2 * limits.maxConnectionsPerAddress;
    this.#rates = new AddressRates({ perSecond: limits.newPerSecond, burst });
  }

  get total(): number {
    return this.#total;
  }

  /** Why not; `undefined` when it may come, and then call {@link opened}. */
  refusal(address: string, nowMs: number): ConnectionRefusal | undefined {
    const { maxConnections, maxConnectionsPerAddress, newPerSecond } = this.#limits;
    if (this.#total >= maxConnections) {
      return {
        status: 503,
        code: "too_many_connections",
        message: `${maxConnections} connections are open already; try again later`,
      };
    }
    if (this.#isProxy(address)) return undefined;
    const tooMany = (message: string): ConnectionRefusal => ({
      status: 429,
      code: "too_many_requests",
      message,
    });
    if ((this.#perAddress.get(addressGroup(address)) ?? 0) >= maxConnectionsPerAddress) {
      return tooMany(
        `${maxConnectionsPerAddress} connections from this address are open already; close some`,
      );
    }
    if (!this.#rates.admits(address, nowMs)) {
      return tooMany(`more than ${newPerSecond} connections a second come from this address`);
    }
    return undefined;
  }

  opened(address: string): void {
    this.#count(address, 1);
  }

  closed(address: string): void {
    this.#count(address, -1);
  }

  #count(address: string, delta: 1 | -1): void {
    const group = addressGroup(address);
    const count = (this.#perAddress.get(group) ?? 0) + delta;
    this.#total += delta;
    if (count > 0) this.#perAddress.set(group, count);
    else this.#perAddress.delete(group);
  }
}
