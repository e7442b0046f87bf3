import { logFor } from "@porthole/protocol/service";
import { type CounterField, COUNTERS, type Metrics, type MetricsTotals } from "../metrics.ts";

/** What nobody but whoever meets the limit would hear of, each of which may come by the thousand. */
const TOLD: ReadonlySet<CounterField> = new Set<CounterField>([
  "workerFramesDiscarded",
  "publishesRejected",
  "publishesRefused",
  "clientsRefused",
  "clientsGivenUp",
  "connectionsRefused",
  "connectionsCut",
  "requestsRefused",
  "streamsRefused",
  "publishesLimited",
  "cachesGivenUp",
  "tlsFailures",
]);
const EVERY_MS = 60_000;

const log = logFor("ingest", "limits");

/** Of what was refused or lost: how much since the last time, in one line a minute, if anything. */
export class LimitsReport implements Disposable {
  readonly #metrics: Metrics;
  readonly #timer = setInterval(() => this.#tell(), EVERY_MS);
  #before: MetricsTotals;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#before = metrics.totals();
  }

  /** Tells the rest. Twice is fine. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#tell();
  }

  #tell(): void {
    const now = this.#metrics.totals();
    const risen = risenBetween(this.#before, now);
    this.#before = now;
    if (Object.keys(risen).length > 0) log.warn("limits were met", risen);
  }
}

/** By the names of `/metrics`. Pure. */
export function risenBetween(
  before: MetricsTotals,
  now: MetricsTotals,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    COUNTERS.filter(([, field]) => TOLD.has(field) && now[field] > before[field])
      .map(([name, field]) => [name, now[field] - before[field]]),
  );
}
