const FIRST_DELAY_MS = 250;
/** An ingest that restarts has its producers back within three seconds. */
const LONGEST_DELAY_MS = 2_000;
/** For what somebody has to mend first: a wrong token, a stream id that is taken. */
const REFUSED_DELAY_MS = 5_000;

/**
 * How long to wait before the next publish, ms: doubling from a quarter of a second to two, with
 * half of it left to chance so that a fleet does not return in step.
 *
 * @param random 0 to 1
 */
export function reconnectDelayMs(failures: number, retryable: boolean, random: number): number {
  const longestMs = retryable
    ? Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1))
    : REFUSED_DELAY_MS;
  return longestMs * (0.5 + 0.5 * random);
}
