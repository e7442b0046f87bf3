/**
 * What is wrong with this machine, its settings and its camera, and the cure: `deno task doctor`.
 * Ends with 1 when there is something to mend.
 *
 * @module
 */
import {
  createRedact,
  type Env,
  MisuseError,
  readEnvironment,
  type Redact,
  runService,
  SettingsError,
} from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { secretsOf } from "../../ingest/access/access_config.ts";
import {
  INGEST_SETTINGS,
  type IngestConfig,
  loadConfig as loadIngestConfig,
} from "../../ingest/config.ts";
import {
  loadConfig as loadProducerConfig,
  PRODUCER_SETTINGS,
  type ProducerConfig,
} from "../../producer/config.ts";
import { examineCamera } from "./camera.ts";
import { examineDeno } from "./deno_runtime.ts";
import { examineFfmpeg } from "./ffmpeg.ts";
import { fail, type Finding, ok, reportOf, summaryOf, warn } from "./finding.ts";
import { examineIngest } from "./ingest.ts";
import { examineMachine } from "./machine.ts";
import { browserFinding, examineViewer } from "./page.ts";
import { examinePort } from "./port.ts";

const VIEWER_DIRECTORY = fileURLToPath(new URL("../../viewer/dist/", import.meta.url));
const SETTINGS = Object.keys({ ...INGEST_SETTINGS, ...PRODUCER_SETTINGS });
const SETTINGS_CURE = "set it in the environment or in .env; .env.example explains each";

/** The settings as far as they are in order, and what is wrong with the rest. */
interface Settings {
  readonly findings: readonly Finding[];
  readonly ingest: IngestConfig | undefined;
  readonly producer: ProducerConfig | undefined;
}

export function examineSettings(env: Env): Settings {
  const ingest = loaded(() => loadIngestConfig(env));
  const hasCamera = (env["RTSP_URL"]?.trim() ?? "") !== "";
  const producer = hasCamera ? loaded(() => loadProducerConfig(env)) : { problems: [] };
  const problems = new Set([...ingest.problems, ...producer.problems]);
  const findings = [...problems].map((problem) => fail(problem, SETTINGS_CURE));
  if (problems.size === 0) findings.push(ok("settings"));
  if (!hasCamera) {
    findings.push(
      warn("RTSP_URL is not set: no camera is looked at", "RTSP_URL=rtsp://… deno task doctor"),
    );
  }
  return { findings, ingest: ingest.config, producer: producer.config };
}

function loaded<T>(load: () => T): { readonly config?: T; readonly problems: readonly string[] } {
  try {
    return { config: load(), problems: [] };
  } catch (error) {
    if (error instanceof SettingsError) return { problems: error.problems };
    throw error;
  }
}

/** One group of findings after the other, each as soon as it is known. */
export async function* examine(env: Env, redact: Redact): AsyncGenerator<readonly Finding[]> {
  // What is embedded in a binary cannot be missing, nor can its Deno be another one.
  if (!Deno.build.standalone) {
    yield [examineDeno(Deno.version.deno), await examineViewer(VIEWER_DIRECTORY)];
  }
  const { findings, ingest, producer } = examineSettings(env);
  yield findings;
  if (ingest !== undefined) {
    yield [await examinePort(ingest.host, ingest.port), browserFinding(ingest)];
    yield await examineMachine(ingest);
  }
  const ffmpeg = await examineFfmpeg();
  yield ffmpeg;
  if (producer === undefined) return;
  if (!ffmpeg.some(({ verdict }) => verdict === "fail")) {
    yield await examineCamera(producer, redact);
  }
  yield await examineIngest(producer.uplink);
}

/** @returns whether nothing has to be mended */
export async function doctor(): Promise<boolean> {
  const env = readEnvironment(SETTINGS);
  const { ingest, producer } = examineSettings(env);
  const redact = createRedact([
    ...(producer?.secrets ?? []),
    ...(ingest === undefined ? [] : secretsOf(ingest.access)),
  ]);
  const all: Finding[] = [];
  const print = (line: string) => Deno.stdout.write(new TextEncoder().encode(`${redact(line)}\n`));
  for await (const findings of examine(env, redact)) {
    all.push(...findings);
    for (const finding of findings) await print(reportOf(finding));
  }
  await print(`\n${summaryOf(all)}`);
  return !all.some(({ verdict }) => verdict === "fail");
}

/** Ends the process with 1 where something has to be mended. @throws {MisuseError} for arguments */
export async function runDoctor(args: readonly string[]): Promise<void> {
  if (args.length > 0) {
    throw new MisuseError("the doctor takes no arguments: it looks at the settings");
  }
  if (!await doctor()) Deno.exit(1);
}

if (import.meta.main) await runService(() => runDoctor(Deno.args));
