/**
 * All viewers of `bench:load`, in a process of their own: `load_viewers.ts ORDER`, a
 * {@link ViewersOrder} as JSON. Prints `settled`, `measuring PORTS`, `report REPORT`, each when it
 * has come to it, and goes on watching until it is stopped, or for a minute. Ends with an error when
 * a viewer cannot connect.
 *
 * @module
 */
import { epochNowMs } from "@porthole/protocol";
import { type ArrivalReport, Arrivals } from "./load_arrivals.ts";
import { RawViewer } from "./raw_viewer.ts";
import { print } from "./statistics.ts";

export interface ViewersOrder {
  readonly url: string;
  readonly speaksControl: boolean;
  /** Viewers that read all there is, and acknowledge. */
  readonly good: number;
  /** Viewers that acknowledge, but read no faster than `slowBytesPerSecond`. */
  readonly slow: number;
  readonly slowBytesPerSecond: number;
  /** Viewers that say hello when the window starts, and never read again. */
  readonly stalled: number;
  /** From the last one's first frame until `settled`. */
  readonly settleSeconds: number;
  readonly seconds: number;
}

export interface ViewersReport {
  readonly good: ArrivalReport;
  readonly slow: ArrivalReport;
  /** Good and slow ones that did not stay until the end, and why the first of them did not. */
  readonly ended: number;
  readonly endedBecause: string;
}

const READ_BYTES = 64 * 1024;
/** A slow viewer takes little at a time, or it would wait half a second between reads. */
const SLOW_READ_BYTES = 4 * 1024;
const JOINING_AT_A_TIME = 50;
const FIRST_FRAME_WITHIN_MS = 30_000;
const POLL_MS = 50;
const TICK_MS = 20;
/** Acks are five a second: each tick it is the turn of one viewer in ten. */
const TICKS_AN_ACK = 10;
const LINGER_MS = 60_000;

const order: ViewersOrder = JSON.parse(Deno.args[0] ?? "");
const readBuffer = new Uint8Array(READ_BYTES);
const slowReadBuffer = new Uint8Array(SLOW_READ_BYTES);

/** Viewers of one kind, and what they got. */
class ViewerGroup {
  readonly viewers: RawViewer[] = [];
  readonly arrivals: Arrivals;
  readonly #count: number;
  readonly #isLimited: boolean;
  #joining = 0;

  constructor(count: number, { isLimited = false } = {}) {
    this.#count = count;
    this.#isLimited = isLimited;
    this.arrivals = new Arrivals(count);
  }

  /** Connects them all, some at a time. @throws {Error} when one of them cannot */
  async join(): Promise<void> {
    await Promise.all(Array.from({ length: JOINING_AT_A_TIME }, async () => {
      while (this.#joining < this.#count) await this.#joinOne(this.#joining++);
    }));
  }

  async #joinOne(index: number): Promise<void> {
    try {
      const viewer = await RawViewer.open({
        url: new URL(order.url),
        speaksControl: order.speaksControl,
        readBuffer: this.#isLimited ? slowReadBuffer : readBuffer,
        isLimited: this.#isLimited,
        onFrame: (seq, sentMs) => this.arrivals.add(index, seq, sentMs, epochNowMs()),
      });
      if (order.speaksControl) viewer.sayHello();
      this.viewers.push(viewer);
    } catch (cause) {
      throw new Error(`viewer ${index + 1} of ${this.#count} could not connect`, { cause });
    }
  }

  /** @throws {Error} when one of them waits too long */
  async allHaveFrames(): Promise<void> {
    const deadlineMs = performance.now() + FIRST_FRAME_WITHIN_MS;
    while (this.arrivals.viewersWithFrames < this.#count) {
      if (performance.now() > deadlineMs) {
        const { viewersWithFrames } = this.arrivals;
        throw new Error(
          `${viewersWithFrames} of ${this.#count} viewers got a frame in ` +
            `${FIRST_FRAME_WITHIN_MS} ms${endingOf(this.viewers)}`,
        );
      }
      await delay(POLL_MS);
    }
  }
}

const good = new ViewerGroup(order.good);
const slow = new ViewerGroup(order.slow, { isLimited: true });
const stalled = new ViewerGroup(order.stalled, { isLimited: true });

const ticking = setInterval(catchUpWithTicks, TICK_MS);
const startMs = performance.now();
let ticks = 0;

await Promise.all([good.join(), slow.join()]);
await Promise.all([good.allHaveFrames(), slow.allHaveFrames()]);
await delay(order.settleSeconds * 1000);
print("settled");
await stalled.join();
print(`measuring ${JSON.stringify(stalled.viewers.map((viewer) => viewer.localPort))}`);
good.arrivals.start(epochNowMs());
slow.arrivals.start(epochNowMs());
await delay(order.seconds * 1000);
print(`report ${JSON.stringify(report())}`);
await delay(LINGER_MS);
clearInterval(ticking);
Deno.exit(0);

/** A timer that fires late must not mean fewer acks. */
function catchUpWithTicks(): void {
  const due = Math.floor((performance.now() - startMs) / TICK_MS);
  const slowBytes = order.slowBytesPerSecond * (due - ticks) * TICK_MS / 1000;
  for (const viewer of slow.viewers) viewer.allow(slowBytes);
  for (ticks = Math.max(ticks, due - TICKS_AN_ACK); ticks < due; ticks++) acknowledge(ticks);
}

function acknowledge(tick: number): void {
  if (!order.speaksControl) return;
  for (const { viewers } of [good, slow]) {
    for (let index = tick % TICKS_AN_ACK; index < viewers.length; index += TICKS_AN_ACK) {
      viewers[index]?.acknowledge();
    }
  }
}

function report(): ViewersReport {
  const nowMs = epochNowMs();
  const ended = [...good.viewers, ...slow.viewers].filter((viewer) => !viewer.isOpen);
  return {
    good: good.arrivals.report(nowMs),
    slow: slow.arrivals.report(nowMs),
    ended: ended.length,
    endedBecause: ended[0]?.end ?? "",
  };
}

function endingOf(viewers: readonly RawViewer[]): string {
  const ended = viewers.filter((viewer) => !viewer.isOpen);
  return ended.length === 0 ? "" : `; ${ended.length} have ended, the first: ${ended[0]?.end}`;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
