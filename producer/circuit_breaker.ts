import type { RetryConfig } from "./config.ts";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** For what a try makes worse. */
const LONGEST_COSTLY_DELAY_MS = 300_000;
/** A try takes this much of the camera, whatever chance says. */
const SHORTEST_DELAY_MS = 50;

/** What the delay depends on besides the failures in a row. */
export interface RetryManner {
  /** Whether a try does harm: there are no quick ones then. */
  readonly isCostly: boolean;
  /** Whether tries become ever rarer while the circuit is open. */
  readonly grows: boolean;
  /** 0 to 1 */
  readonly random: number;
}

/**
 * - `closed`: tried again quickly
 * - `open`: left alone
 * - `half-open`: left alone for long enough; one try decides
 */
export type CircuitState = "closed" | "open" | "half-open";

/** Of the attempt that comes after so many failures in a row, while it is waited for or made. */
export function circuitState(
  failures: number,
  { attempts }: RetryConfig,
  isWaiting: boolean,
): CircuitState {
  if (failures < attempts) return "closed";
  return isWaiting ? "open" : "half-open";
}

/**
 * How long to leave a camera alone after so many failures in a row, ms. Closed, the delay doubles
 * from half a second up to the one configured, and any part of it may be taken off by chance, so
 * that cameras behind one switch are not all asked at once when it comes back ("full jitter": Marc
 * Brooker, Exponential Backoff And Jitter, 2015). Open, it doubles from the one configured up to a
 * minute, or stays there; half of it is certain, for a circuit that may close at once is not open.
 */
export function retryDelayMs(
  failures: number,
  retry: RetryConfig,
  { isCostly, grows, random }: RetryManner,
): number {
  const openFor = failures - (isCostly ? 1 : retry.attempts);
  if (openFor < 0) {
    const fullMs = Math.min(retry.delayMs, FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1));
    return Math.max(Math.min(SHORTEST_DELAY_MS, fullMs), fullMs * random);
  }
  const longestMs = isCostly ? LONGEST_COSTLY_DELAY_MS : LONGEST_DELAY_MS;
  const fullMs = grows
    ? Math.min(Math.max(longestMs, retry.delayMs), retry.delayMs * 2 ** openFor)
    : retry.delayMs;
  return fullMs * (1 + random) / 2;
}
