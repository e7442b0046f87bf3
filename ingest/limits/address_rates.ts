import { addressGroup } from "./address_group.ts";
import { TokenBucket } from "./token_bucket.ts";

export interface AddressRateLimits {
  /** Of one address, over time. */
  readonly perSecond: number;
  /** Of one address, at once. */
  readonly burst: number;
  /** Addresses that are told apart; the one seen longest ago is forgotten for one more. */
  readonly maxAddresses?: number;
}

/** About 2 MB of them. */
const MAX_ADDRESSES = 10_000;

/**
 * How often each address may do something. Its memory is bounded: who comes from ever new addresses
 * has others forgotten, which gives those a new start, and no more than that. Pure.
 */
export class AddressRates {
  readonly #limits: AddressRateLimits;
  readonly #maxAddresses: number;
  /** The one used longest ago comes first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: AddressRateLimits) {
    this.#limits = limits;
    this.#maxAddresses = limits.maxAddresses ?? MAX_ADDRESSES;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whether the address may once more; if so, it has. */
  admits(address: string, nowMs: number): boolean {
    return this.#bucketOf(address).take(1, nowMs);
  }

  /** Whether it may, without its having done so. */
  wouldAdmit(address: string, nowMs: number): boolean {
    return this.#bucketOf(address).hasSome(nowMs);
  }

  /** It did, whether it might or not. */
  charge(address: string, nowMs: number): void {
    this.#bucketOf(address).charge(1, nowMs);
  }

  #bucketOf(address: string): TokenBucket {
    const group = addressGroup(address);
    const bucket = this.#buckets.get(group) ?? this.#newBucket();
    this.#buckets.delete(group);
    this.#buckets.set(group, bucket);
    return bucket;
  }

  #newBucket(): TokenBucket {
    const oldest = this.#buckets.keys().next().value;
    if (this.#buckets.size >= this.#maxAddresses && oldest !== undefined) {
      this.#buckets.delete(oldest);
    }
    return new TokenBucket(this.#limits.perSecond, this.#limits.burst);
  }
}
