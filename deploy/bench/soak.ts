/**
 * A camera, a producer and ingest for as long as is wanted, while cameras and FFmpegs fail at random
 * and viewers of all kinds come and go. Prints what each holds, how soon pictures came back, and
 * whether all frames are accounted for; ends with 1 when something grows, is lost, is left behind or
 * came back too late. `deno task bench:soak [--minutes 10] [--seed 1] [--every 10]
 * [--ingest-restarts]`, or `--restarts 100` to have FFmpeg killed so many times in a row.
 *
 * @module
 */
import { createRedact, runService, sleep, startLogging } from "@porthole/protocol/service";
import { ffmpegsOf } from "../testing/process_table.ts";
import { restartFfmpeg } from "./ffmpeg_restarts.ts";
import { parseSoakOptions, type SoakOptions } from "./soak_options.ts";
import { faultsOf } from "./soak_schedule.ts";
import { assertLinux, SoakStage, TARGETS_MS } from "./soak_stage.ts";
import { Visitors } from "./soak_visitors.ts";
import { SoakWatch } from "./soak_watch.ts";
import { print, summary } from "./statistics.ts";

const SETTLE_MS = 2_000;
const MAX_RESTART_GROWTH_BYTES = 12e6;
const EXIT_MISSED = 1;

async function soak(
  stage: SoakStage,
  { minutes, seed, withIngest, everyS }: SoakOptions,
  stop: AbortSignal,
): Promise<string[]> {
  const watch = new SoakWatch(stage);
  const visitors = new Visitors();
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  const timer = setTimeout(() => over.abort(), minutes * 60_000);
  try {
    await Promise.all([
      orEnd(over, () => strike(stage, watch, faultsOf(seed, { withIngest }), signal)),
      orEnd(over, () => look(watch, everyS * 1000, signal)),
      visitors.run(seed, () => stage.ingest.url, signal),
    ]);
  } finally {
    clearTimeout(timer);
  }
  await sleep(SETTLE_MS, stop);
  print(await watch.look());
  await stage.endProducer();
  await sleep(SETTLE_MS, stop);
  const left = await stage.ffmpegs() - 1;
  print(`\nviewers: ${visitors.summary}`);
  watch.recoveryTable().forEach(print);
  return [
    ...watch.verdict(),
    ...visitors.errors,
    ...(left === 0 ? [] : [`${left} FFmpegs outlived their producer`]),
  ];
}

/** What fails ends the others, too. */
async function orEnd(over: AbortController, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } finally {
    over.abort();
  }
}

async function strike(
  stage: SoakStage,
  watch: SoakWatch,
  faults: ReturnType<typeof faultsOf>,
  signal: AbortSignal,
): Promise<void> {
  for (const fault of faults) {
    await sleep(fault.afterMs, signal);
    if (signal.aborted) return;
    const { length: logged } = stage.producer.output;
    const tookMs = await stage.strike(fault, signal);
    if (signal.aborted) return;
    print(watch.recovered(fault.name, tookMs));
    if (tookMs > TARGETS_MS[fault.name]) print(stage.producer.output.slice(logged).trimEnd());
  }
}

async function look(watch: SoakWatch, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    print(await watch.look());
    await sleep(everyMs, signal);
  }
}

async function restart(stage: SoakStage, times: number): Promise<string[]> {
  const { pid } = stage.producer;
  const { before, after, recoveriesMs } = await restartFfmpeg(pid, stage.viewer, times, (done) => {
    if (done % 10 === 0) print(`${done} of ${times}`);
  });
  print(`recovery ${summary(recoveriesMs)}`);
  print(`descriptors ${before.descriptors} before, ${after.descriptors} after`);
  const grownBytes = after.residentBytes - before.residentBytes;
  print(`resident memory ${mb(before.residentBytes)} before, ${mb(after.residentBytes)} after`);
  const { length: ffmpegs } = await ffmpegsOf(pid);
  const late = recoveriesMs.filter((tookMs) => tookMs > TARGETS_MS["ffmpeg-killed"]).length;
  return [
    after.descriptors > before.descriptors ? "descriptors were left open" : "",
    grownBytes > MAX_RESTART_GROWTH_BYTES ? `it grew by ${mb(grownBytes)}` : "",
    ffmpegs === 1 ? "" : `it runs ${ffmpegs} FFmpegs, the dead among them`,
    late === 0 ? "" : `${late} of ${times} were back later than ${TARGETS_MS["ffmpeg-killed"]} ms`,
  ].filter(Boolean);
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

await runService(async (signal) => {
  const options = parseSoakOptions(Deno.args);
  assertLinux();
  await using _logging = await startLogging({ level: "warning", redact: createRedact() });
  const wrong = await (async () => {
    await using stage = await SoakStage.start();
    return options.restarts > 0
      ? await restart(stage, options.restarts)
      : await soak(stage, options, signal);
  })();
  if (signal.aborted) return;
  print(wrong.length === 0 ? "\npassed" : `\nfailed:\n  ${wrong.join("\n  ")}`);
  if (wrong.length > 0) Deno.exit(EXIT_MISSED);
});
