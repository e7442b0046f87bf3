/**
 * The real ingest under load: a thousand viewers beside two naive servers, viewers that stop
 * reading, slow ones, and viewers that come and go. Publisher, server and viewers are processes of
 * their own, on loopback; `deno task bench:load [--help]`, under six minutes. Ends with 1 when
 * something failed or a bound was missed.
 *
 * @module
 */
import { errorChain, listenForShutdown } from "@porthole/protocol/service";
import { missedByChurn, missedByStalled } from "./load_bounds.ts";
import { type ChurnResult, runChurn } from "./load_churn.ts";
import { LOAD_USAGE, type LoadOptions, parseLoadArgs, type Scenario } from "./load_options.ts";
import { type LoadResult, runLoad } from "./load_run.ts";
import {
  assertNode,
  type Pace,
  startNaiveDeno,
  startNaiveNode,
  startPorthole,
} from "./load_servers.ts";
import { assertOpenFileLimit } from "./load_sockets.ts";
import { runStalled, type StalledResult } from "./load_stalled.ts";
import { tableHead, tableRows } from "./load_table.ts";
import { print } from "./statistics.ts";

/** Runtime's own files, the publish, metrics. */
const OTHER_FILES = 100;
/** No server and publisher lives longer, whatever happens to us. */
const MAX_SECONDS = 600;
const SETTLE_SECONDS = 3;
/** A slow viewer takes four seconds for the GOP it joins with. */
const SLOW_SETTLE_SECONDS = 8;
/** 1 Mbit/s: a fourth of what is sent. */
const SLOW_BYTES_PER_SECOND = 125_000;
const MIN_STALLED_SECONDS = 15;
/** Of all viewers, so many are stalled or slow. */
const BAD_SHARE = 0.1;

/** All figures, as `--json` writes them. */
type Figures = Partial<Record<Scenario, readonly (LoadResult | StalledResult | ChurnResult)[]>>;

class LoadBench {
  readonly figures: Figures = {};
  /** Bounds that were missed, in words. */
  readonly missed: string[] = [];
  readonly #options: LoadOptions;
  readonly #signal: AbortSignal;
  readonly #pace: Pace;
  readonly #bad: number;

  constructor(options: LoadOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#pace = { fps: options.fps, frameBytes: options.frameBytes, maxSeconds: MAX_SECONDS };
    this.#bad = Math.max(1, Math.round(options.viewers * BAD_SHARE));
  }

  async run(scenario: Scenario): Promise<void> {
    this.#signal.throwIfAborted();
    switch (scenario) {
      case "fan-out":
        return await this.#fanOut();
      case "stalled":
        return await this.#stalled();
      case "slow":
        return await this.#slow();
      case "churn":
        return await this.#churn();
    }
  }

  async #fanOut(): Promise<void> {
    const { viewers, workers, withNode } = this.#options;
    print(`\nfan-out: ${viewers} viewers`);
    tableHead().forEach(print);
    const ours = workers.length === 0 ? [() => startPorthole(this.#pace)] : workers.map((count) => {
      const name = `porthole, ${count} worker${count === 1 ? "" : "s"}`;
      return () => startPorthole(this.#pace, { name, env: { INGEST_WORKERS: String(count) } });
    });
    // An ack costs more than its reading: TCP goes slower where both sides send.
    const naive = [startNaiveDeno, ...(withNode ? [startNaiveNode] : [])].flatMap((startOne) =>
      [true, false].map((acknowledge) => () => startOne(this.#pace, { acknowledge }))
    );
    const results: LoadResult[] = [];
    for (const start of [...ours, ...naive]) {
      await using server = await start();
      const result = await runLoad({ server, viewers: this.#viewers(), signal: this.#signal });
      tableRows(result).forEach(print);
      results.push(result);
    }
    this.figures["fan-out"] = results;
    for (const our of results.slice(0, ours.length)) {
      const ratios = results.slice(ours.length).map((yardstick) => {
        const ratio = our.serverCpuMsPerSecond / yardstick.serverCpuMsPerSecond;
        return `${ratio.toFixed(2)} times ${yardstick.server}`;
      });
      print(`CPU of ${our.server}: ${ratios.join(", ")}`);
    }
  }

  async #stalled(): Promise<void> {
    const viewers = this.#viewers({
      stalled: this.#bad,
      seconds: Math.max(MIN_STALLED_SECONDS, this.#options.seconds),
    });
    print(
      `\nstalled: ${viewers.good} viewers, ${viewers.stalled} that never read after their hello`,
    );
    tableHead().forEach(print);
    await using server = await startPorthole(this.#pace);
    const result = await runStalled(server, viewers, this.#signal);
    tableRows(result).forEach(print);
    const { start, end, max } = result.residentBytes;
    const resident = [start, result.residentBytesAfter10Seconds, end, max].map((bytes) =>
      (bytes / 1e6).toFixed(0)
    );
    print(`RSS before, 10 s later, at the end, at most: ${resident.join(", ")} MB`);
    print(`gone from the registry after ${seconds(result.goneAfterSeconds)}`);
    print(
      `connections closed by the server after ${seconds(result.closedAfterSeconds)}` +
        (result.stillOpen > 0 ? `; ${result.stillOpen} still open at the end` : ""),
    );
    this.figures.stalled = [result];
    this.missed.push(...missedByStalled(result));
  }

  async #slow(): Promise<void> {
    const viewers = this.#viewers({ slow: this.#bad, settleSeconds: SLOW_SETTLE_SECONDS });
    const kbps = viewers.slowBytesPerSecond * 8 / 1000;
    print(`\nslow: ${viewers.good} viewers, ${viewers.slow} that read ${kbps} kbps`);
    tableHead().forEach(print);
    await using server = await startPorthole(this.#pace);
    const result = await runLoad({ server, viewers, signal: this.#signal });
    tableRows(result).forEach(print);
    this.figures.slow = [result];
  }

  async #churn(): Promise<void> {
    print(`\nchurn: ${this.#options.connects} visits, after six times as many`);
    await using server = await startPorthole(this.#pace);
    const result = await runChurn(server, this.#options.connects, this.#signal);
    const { before, after, max } = result.residentBytes;
    const [mbBefore, mbAfter, mbMax] = [before, after, max].map((bytes) => bytes / 1e6);
    print(
      `${result.connects} in ${result.seconds.toFixed(1)} s, ${result.errors} failed, ` +
        `${result.clientsLeft} still counted; server CPU ` +
        `${result.serverCpuMsPerSecond.toFixed(0)} ms/s; RSS before ${mbBefore?.toFixed(0)}, ` +
        `after ${mbAfter?.toFixed(0)}, at most ${mbMax?.toFixed(0)} MB`,
    );
    this.figures.churn = [result];
    this.missed.push(...missedByChurn(result));
  }

  /** Those that are not good are taken from the good ones' number. */
  #viewers(
    { slow = 0, stalled = 0, seconds = this.#options.seconds, settleSeconds = SETTLE_SECONDS } = {},
  ) {
    return {
      good: this.#options.viewers - slow - stalled,
      slow,
      stalled,
      slowBytesPerSecond: SLOW_BYTES_PER_SECOND,
      settleSeconds,
      seconds,
    };
  }
}

function seconds(value: number | undefined): string {
  return value === undefined ? "never" : `${value.toFixed(1)} s`;
}

async function main(): Promise<number> {
  if (Deno.args.includes("--help")) {
    print(LOAD_USAGE);
    return 0;
  }
  using shutdown = listenForShutdown();
  try {
    const options = parseLoadArgs(Deno.args);
    await assertOpenFileLimit(options.viewers + OTHER_FILES);
    if (options.withNode && options.scenarios.includes("fan-out")) await assertNode();
    const bench = new LoadBench(options, shutdown.signal);
    const { fps, frameBytes, seconds, jsonFile } = options;
    print(`${frameBytes} bytes a frame at ${fps} fps, windows of ${seconds} s, loopback`);
    for (const scenario of options.scenarios) await bench.run(scenario);
    for (const bound of bench.missed) print(`MISSED  ${bound}`);
    if (jsonFile !== "") {
      const figures = { options, ...bench.figures, missed: bench.missed };
      await Deno.writeTextFile(jsonFile, `${JSON.stringify(figures, null, 2)}\n`);
    }
    return bench.missed.length > 0 ? 1 : 0;
  } catch (error) {
    await Deno.stderr.write(new TextEncoder().encode(`${errorChain(error)}\n`));
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
