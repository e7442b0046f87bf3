import { addressGroup } from "../limits/address_group.ts";

export interface LoginLimitOptions {
  /** Tries that an address has at once. */
  readonly burst: number;
  /** Until it has one more again. */
  readonly refillMs: number;
  /** Addresses that are remembered; beyond, the one that tried longest ago is forgotten. */
  readonly maxAddresses: number;
}

interface Bucket {
  readonly tries: number;
  readonly atMs: number;
}

/** Ten at once, ten a minute: enough for fingers, and eight characters last for ages. */
const LOGIN_TRIES = 10;
const LOGIN_REFILL_MS = 6_000;
const MIN_BURST = 3;
const MAX_ADDRESSES = 10_000;

/** The tries of one worker of several, which together are to give no more than one alone. */
export function loginLimitOf(workers: number): LoginLimitOptions {
  const burst = Math.max(MIN_BURST, Math.ceil(LOGIN_TRIES / workers));
  return { burst, refillMs: LOGIN_REFILL_MS * workers, maxAddresses: MAX_ADDRESSES };
}

/**
 * How often an address may fail to log in: a token bucket for each. A try is taken before it is
 * looked at, so that a thousand at the same time are no more than one after another.
 */
export class LoginLimit {
  readonly #options: LoginLimitOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: LoginLimitOptions) {
    this.#options = options;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a try. Returns 0, or how long there is none, ms. */
  take(address: string, nowMs: number): number {
    const { burst, refillMs, maxAddresses } = this.#options;
    const key = addressGroup(address);
    const tries = this.#triesOf(key, nowMs);
    if (tries < 1) return (1 - tries) * refillMs;
    // Behind all others: a map's first entry is the one that was set longest ago.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tries: Math.min(burst, tries) - 1, atMs: nowMs });
    if (this.#buckets.size > maxAddresses) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return 0;
  }

  /** The try was a success, and costs nothing. */
  giveBack(address: string, nowMs: number): void {
    const key = addressGroup(address);
    const tries = this.#triesOf(key, nowMs) + 1;
    if (tries >= this.#options.burst) this.#buckets.delete(key);
    else this.#buckets.set(key, { tries, atMs: nowMs });
  }

  #triesOf(key: string, nowMs: number): number {
    const { burst, refillMs } = this.#options;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.tries + Math.max(0, nowMs - bucket.atMs) / refillMs);
  }
}
