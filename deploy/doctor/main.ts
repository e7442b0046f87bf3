/**
 * What is wrong with this machine, its settings and its cameras, and the cure: `deno task doctor`.
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
import { cameraListOf } from "../../producer/camera_list.ts";
import {
  CAMERA_FILE,
  cameraFileOf,
  configOf,
  loadCameraDefaults,
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
const FILE_CURE = "mend what it says; `deno task producer -- check` looks at the file alone";

/** The settings as far as they are in order, and what is wrong with the rest. */
interface Settings {
  readonly findings: readonly Finding[];
  readonly ingest: IngestConfig | undefined;
  readonly cameras: readonly ProducerConfig[];
}

export async function examineSettings(env: Env): Promise<Settings> {
  const ingest = await loaded(() => loadIngestConfig(env));
  const cameras = await loaded(() => camerasOf(env));
  const problems = new Set([...ingest.problems, ...cameras.problems]);
  const findings = [...problems].map((problem) =>
    fail(problem, / cannot be used:\n/.test(problem) ? FILE_CURE : SETTINGS_CURE)
  );
  if (problems.size === 0) findings.push(ok("settings"));
  if (cameras.value?.length === 0) {
    findings.push(
      warn(
        "there is no camera to look at",
        `RTSP_URL=rtsp://… deno task doctor, or ${CAMERA_FILE}`,
      ),
    );
  }
  return { findings, ingest: ingest.value, cameras: cameras.value ?? [] };
}

/** Those of the file, or the one at RTSP_URL. @throws {MisuseError} */
async function camerasOf(env: Env): Promise<readonly ProducerConfig[]> {
  const hasUrl = (env["RTSP_URL"]?.trim() ?? "") !== "";
  const list = cameraListOf(cameraFileOf(env), hasUrl);
  if (list.kind === "one") return hasUrl ? [loadProducerConfig(env)] : [];
  const defaults = loadCameraDefaults(env);
  const { cameras } = list.store.parse(await list.store.readText());
  return cameras.map((camera) => configOf(camera, defaults));
}

async function loaded<T>(
  load: () => T | Promise<T>,
): Promise<{ readonly value?: T; readonly problems: readonly string[] }> {
  try {
    return { value: await load(), problems: [] };
  } catch (error) {
    if (error instanceof SettingsError) return { problems: error.problems };
    if (error instanceof MisuseError) return { problems: [error.message] };
    throw error;
  }
}

/** One group of findings after the other, each as soon as it is known. */
export async function* examine(env: Env, redact: Redact): AsyncGenerator<readonly Finding[]> {
  // What is embedded in a binary cannot be missing, nor can its Deno be another one.
  if (!Deno.build.standalone) {
    yield [examineDeno(Deno.version.deno), await examineViewer(VIEWER_DIRECTORY)];
  }
  const { findings, ingest, cameras } = await examineSettings(env);
  yield findings;
  if (ingest !== undefined) {
    yield [await examinePort(ingest.host, ingest.port), browserFinding(ingest)];
    yield await examineMachine(ingest);
  }
  const ffmpeg = await examineFfmpeg();
  yield ffmpeg;
  const hasFfmpeg = !ffmpeg.some(({ verdict }) => verdict === "fail");
  for (const camera of cameras) {
    const seen = hasFfmpeg ? await examineCamera(camera, redact) : [];
    const published = await examineIngest(camera.uplink);
    const { streamId } = camera.uplink;
    const whose = cameras.length > 1 ? `${streamId}: ` : "";
    yield [...seen, ...published].map((finding) => ({ ...finding, what: whose + finding.what }));
  }
}

/** @returns whether nothing has to be mended */
export async function doctor(): Promise<boolean> {
  const env = readEnvironment(SETTINGS);
  const { ingest, cameras } = await examineSettings(env);
  const redact = createRedact([
    ...cameras.flatMap(({ secrets }) => secrets),
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
