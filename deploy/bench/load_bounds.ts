import type { ChurnResult } from "./load_churn.ts";
import type { StalledResult } from "./load_stalled.ts";

const MAX_STALLED_RESIDENT_BYTES = 300e6;
const MAX_GONE_SECONDS = 10;
/** Of what a server holds after a first round of viewers, once the next has gone. */
const MAX_GROWTH = 1.1;

/** What of the bounds that viewers who stop reading must be kept in was not kept; in words. */
export function missedByStalled(result: StalledResult): string[] {
  const { max } = result.residentBytes;
  const gone = result.goneAfterSeconds;
  return [
    max > MAX_STALLED_RESIDENT_BYTES
      ? `stalled: ${mb(max)} resident, at most ${mb(MAX_STALLED_RESIDENT_BYTES)} allowed`
      : "",
    gone === undefined || gone > MAX_GONE_SECONDS
      ? `stalled: gone from the registry ${gone === undefined ? "never" : `after ${s(gone)}`}, ` +
        `at most ${s(MAX_GONE_SECONDS)} allowed`
      : "",
    result.stillOpen > 0 ? `stalled: ${result.stillOpen} connections are never closed` : "",
  ].filter(Boolean);
}

/** As above, of viewers that come and go. */
export function missedByChurn({ residentBytes, clientsLeft, ...churn }: ChurnResult): string[] {
  const { before, after } = residentBytes;
  return [
    churn.errors > 0
      ? `churn: ${churn.errors} of ${churn.connects} visits failed: ${churn.firstError}`
      : "",
    clientsLeft === 0 ? "" : `churn: ${clientsLeft} clients are still counted as connected`,
    after > before * MAX_GROWTH
      ? `churn: resident memory grew from ${mb(before)} to ${mb(after)}, by more than 10 %`
      : "",
  ].filter(Boolean);
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function s(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
