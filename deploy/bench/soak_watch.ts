import { childrenOf, type ProcessEntry } from "../testing/process_table.ts";
import { metricsOf } from "../testing/stream_description.ts";
import { type Holding, holdingOf } from "./ffmpeg_restarts.ts";
import { FrameLedger } from "./soak_conservation.ts";
import type { FaultName } from "./soak_schedule.ts";
import { type SoakStage, TARGETS_MS } from "./soak_stage.ts";
import { isGrowing, type TrendBound, trendOf, type TrendSample } from "./soak_trend.ts";
import { percentile } from "./statistics.ts";

/** Frames between ingest and a viewer on the same machine, and what came between two looks. */
const ON_THEIR_WAY = 10;
/** What is on its way at a look on a busy machine has come by then. */
const SETTLES_WITHIN_MS = 2_000;
const LOOK_AGAIN_AFTER_MS = 100;
/** Heaps and allocators find their size in the first minutes. */
const WARM_UP_SHARE = 0.3;
const MEMORY_BOUND: TrendBound = { leastRise: 8e6, leastShare: 0.1 };
const DESCRIPTORS_BOUND: TrendBound = { leastRise: 3, leastShare: 0.05 };

export interface Recovered {
  readonly name: FaultName;
  readonly tookMs: number;
}

/** What is looked at while a soak runs, and what is wrong with it in the end. */
export class SoakWatch {
  /** What must never be, in words, each with the time. */
  readonly errors: string[] = [];
  readonly recoveries: Recovered[] = [];
  readonly #stage: SoakStage;
  readonly #ledger = new FrameLedger(ON_THEIR_WAY);
  readonly #holdings = new Map<string, { readonly atMs: number; readonly held: Holding }[]>();
  readonly #startMs = performance.now();
  #dead: readonly number[] = [];
  #ingestPid: number;
  #publishes = 1;

  constructor(stage: SoakStage) {
    this.#stage = stage;
    this.#ingestPid = stage.ingest.process.pid;
  }

  /** A line for the table. */
  recovered(name: FaultName, tookMs: number): string {
    this.recoveries.push({ name, tookMs });
    if (tookMs > TARGETS_MS[name]) {
      this.#error(`${name}: ${Math.round(tookMs)} ms to the picture, ${TARGETS_MS[name]} allowed`);
    }
    return `${this.#clock().padStart(6)}   ${name}: the picture is back after ${
      Math.round(tookMs)
    } ms`;
  }

  /** One look at everything; a line for the table. */
  async look(): Promise<string> {
    const { publishes, isIngestUp } = this.#stage;
    const away = `${this.#clock().padStart(6)}   ingest is being started again`;
    if (!isIngestUp) return away;
    try {
      return await this.#lookAtAll();
    } catch (error) {
      // It was killed in the middle of the look.
      if (publishes !== this.#stage.publishes) return away;
      throw error;
    }
  }

  async #lookAtAll(): Promise<string> {
    const { producer, ingest, publishes } = this.#stage;
    const ingestPid = ingest.process.pid;
    if (ingestPid !== this.#ingestPid || publishes !== this.#publishes) {
      this.#ingestPid = ingestPid;
      this.#publishes = publishes;
      this.#holdings.delete("ingest");
      this.#ledger.startOver();
    }
    const ours = await this.#hold("producer", producer.pid);
    const theirs = await this.#hold("ingest", ingestPid);
    const children = await childrenOf(producer.pid);
    this.#lookForTheDead(children);
    await this.#account(ingest.url);
    const { framesIn, skipped, framesOut, missing, discarded } = this.#ledger.since;
    return [
      this.#clock().padStart(6),
      `producer ${columns(ours)}`,
      `ingest ${columns(theirs)}`,
      `FFmpeg ${children.filter(({ name }) => name === "ffmpeg").length}`,
      `frames in ${framesIn} = out ${framesOut} + discarded ${discarded}`,
      `missing ${missing} = ${discarded} + ${skipped} of the producer's`,
      `${this.recoveries.length} faults`,
    ].join("   ");
  }

  /** What grew, and all that went wrong; empty when the soak was passed. */
  verdict(): string[] {
    const grown = [...this.#holdings].flatMap(([service, looks]) => [
      ...growth(`${service}'s resident memory`, looks, MEMORY_BOUND, ({ residentBytes }) => {
        return residentBytes;
      }),
      ...growth(`${service}'s descriptors`, looks, DESCRIPTORS_BOUND, ({ descriptors }) => {
        return descriptors;
      }),
    ]);
    return [...this.errors, ...grown];
  }

  /** Of each fault, how soon the picture was back. */
  recoveryTable(): string[] {
    const names = Object.keys(TARGETS_MS) as FaultName[];
    return names.flatMap((name) => {
      const tookMs = this.recoveries.filter((one) => one.name === name).map((one) => one.tookMs);
      if (tookMs.length === 0) return [];
      const points = [["p50", 0.5], ["p95", 0.95], ["max", 1]] as const;
      const figures = points.map(([point, share]) => {
        return `${point} ${Math.round(percentile(tookMs, share))}`;
      });
      const count = String(tookMs.length).padStart(4);
      return [
        `${name.padEnd(16)}${count} times   ${figures.join("  ")} ms; at most ${TARGETS_MS[name]}`,
      ];
    });
  }

  async #hold(service: string, pid: number): Promise<Holding> {
    const held = await holdingOf(pid);
    const looks = this.#holdings.get(service) ?? [];
    looks.push({ atMs: performance.now(), held });
    this.#holdings.set(service, looks);
    return held;
  }

  /** One that is dead at two looks was not asked for in between. */
  #lookForTheDead(children: readonly ProcessEntry[]): void {
    const dead = children.filter(({ state }) => state === "Z").map(({ pid }) => pid);
    const left = dead.filter((pid) => this.#dead.includes(pid));
    if (left.length > 0) this.#error(`zombies: ${left}`);
    if (children.length > 2) this.#error(`the producer has ${children.length} children`);
    this.#dead = dead;
  }

  async #account(ingestUrl: string): Promise<void> {
    const untilMs = performance.now() + SETTLES_WITHIN_MS;
    let wrong = await this.#compare(ingestUrl);
    while (wrong !== "" && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_AFTER_MS));
      wrong = await this.#compare(ingestUrl);
    }
    if (wrong !== "") this.#error(wrong);
  }

  /** @returns what does not add up, in words */
  async #compare(ingestUrl: string): Promise<string> {
    const { viewer } = this.#stage;
    const metrics = await metricsOf(ingestUrl);
    // Ingest was killed meanwhile: the two are not of one time.
    if (this.#publishes !== this.#stage.publishes) return "";
    if (!viewer.isOpen) return "the viewer that stays was cut off";
    const { frames_received: received = NaN, frames_replayed: replayed = NaN } = metrics;
    const { publisher_frames_discarded: skipped = NaN } = metrics;
    const { frames: framesOut, missing, discarded } = viewer;
    const framesIn = received - replayed;
    return this.#ledger.add({ framesIn, skipped, framesOut, missing, discarded });
  }

  #clock(): string {
    const seconds = Math.floor((performance.now() - this.#startMs) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  #error(what: string): void {
    this.errors.push(`${this.#clock()} ${what}`);
  }
}

function columns({ residentBytes, descriptors }: Holding): string {
  return `${(residentBytes / 1e6).toFixed(0)} MB ${descriptors} fds`;
}

function growth(
  what: string,
  looks: readonly { readonly atMs: number; readonly held: Holding }[],
  bound: TrendBound,
  valueOf: (held: Holding) => number,
): string[] {
  const warm = looks.slice(Math.floor(looks.length * WARM_UP_SHARE));
  const samples: TrendSample[] = warm.map(({ atMs, held }) => ({ atMs, value: valueOf(held) }));
  const trend = trendOf(samples);
  if (trend === undefined || !isGrowing(trend, bound)) return [];
  return [`${what} grows: by ${Math.round(trend.rise)} over a median of ${trend.median}`];
}
