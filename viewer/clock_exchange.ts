import { ClockOffset, type ViewerClockAnswer } from "@porthole/protocol";

/** As many as the clock offset chooses from, quickly: the first ones meet a busy page. */
const BURST = 8;
const BURST_INTERVAL_MS = 100;
const INTERVAL_MS = 2000;

/** What is known of ingest's clock on one connection, and when to ask it next. Pure. */
export class ClockExchange {
  #offset = new ClockOffset();
  #uplinkMs: number | undefined;
  #askedAtMs = 0;
  #questions = 0;

  /** Ingest's clock minus ours, ms; `undefined` before the first answer. */
  get offsetMs(): number | undefined {
    return this.#offset.offsetMs;
  }

  /** By how much {@link offsetMs} may be wrong, ms: half the round trip. */
  get errorMs(): number | undefined {
    const { roundTripMs } = this.#offset;
    return roundTripMs === undefined ? undefined : roundTripMs / 2;
  }

  /** How long frames take from the producer to ingest, ms, as ingest said last. */
  get uplinkMs(): number | undefined {
    return this.#uplinkMs;
  }

  isDue(nowMs: number): boolean {
    const intervalMs = this.#questions < BURST ? BURST_INTERVAL_MS : INTERVAL_MS;
    return nowMs - this.#askedAtMs >= intervalMs;
  }

  asked(nowMs: number): void {
    this.#askedAtMs = nowMs;
    this.#questions++;
  }

  answered({ t0, t1, t2, uplinkMs }: ViewerClockAnswer, nowMs: number): void {
    this.#offset.add({ t0, t1, t2, t3: nowMs });
    this.#uplinkMs = uplinkMs;
  }
}
