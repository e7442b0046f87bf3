import type { RetryConfig } from "./config.ts";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** Spread, so that cameras behind one switch are not all asked at once when it comes back. */
const JITTER = 0.2;

/** Whether so many failures in a row have opened the circuit: tries are then rare. */
export function isCircuitOpen(failures: number, { attempts }: RetryConfig): boolean {
  return failures >= attempts;
}

/**
 * How long to leave a camera alone after so many failures in a row, ms. Closed, the delay doubles
 * from half a second up to the one configured; open, it doubles from there up to a minute.
 *
 * @param random 0 to 1
 */
export function retryDelayMs(failures: number, retry: RetryConfig, random: number): number {
  const longestMs = Math.max(LONGEST_DELAY_MS, retry.delayMs);
  const delayMs = isCircuitOpen(failures, retry)
    ? Math.min(longestMs, retry.delayMs * 2 ** (failures - retry.attempts))
    : Math.min(retry.delayMs, FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1));
  return delayMs * (1 - JITTER + 2 * JITTER * random);
}
