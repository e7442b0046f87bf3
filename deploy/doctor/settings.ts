import { type Env, MisuseError, SettingsError } from "@porthole/protocol/service";
import { type IngestConfig, loadConfig as loadIngestConfig } from "../../ingest/config.ts";
import { cameraListOf } from "../../producer/camera_list.ts";
import {
  CAMERA_FILE,
  cameraFileOf,
  configOf,
  loadCameraDefaults,
  loadConfig as loadProducerConfig,
  loadService,
  type ProducerConfig,
  type ServiceConfig,
} from "../../producer/config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const SETTINGS_CURE = "set it in the environment or in .env; .env.example explains each";
/** Of files of cameras, by what is said of them. */
const FILE_CURES: readonly (readonly [RegExp, string])[] = [
  [
    / cannot be used:\n/,
    "mend what it says; `deno task producer -- check` looks at the file alone",
  ],
  [
    / there is no such file/,
    "write one, as deploy/porthole.example.yaml shows, or let this user read it; without CONFIG it " +
    `is ${CAMERA_FILE} in this folder`,
  ],
  [/ both say which cameras/, "unset the one that is not meant"],
];

/** The settings as far as they are in order, and what is wrong with the rest. */
export interface Settings {
  readonly findings: readonly Finding[];
  readonly ingest: IngestConfig | undefined;
  readonly producer: ServiceConfig | undefined;
  readonly cameras: readonly ProducerConfig[];
  /** The file that the cameras are of, if they are of one. */
  readonly cameraFile: string | undefined;
}

export async function examineSettings(env: Env): Promise<Settings> {
  const ingest = await loaded(() => loadIngestConfig(env));
  const producer = await loaded(() => loadService(env));
  const cameras = await loaded(() => camerasOf(env));
  const problems = new Set([ingest, producer, cameras].flatMap((one) => one.problems));
  const findings = [...problems].map((problem) => fail(problem, cureOf(problem)));
  if (problems.size === 0) findings.push(ok("settings"));
  if (cameras.value?.configs.length === 0) {
    findings.push(
      warn(
        "there is no camera to look at",
        `RTSP_URL=rtsp://… deno task doctor, or ${CAMERA_FILE}`,
      ),
    );
  }
  return {
    findings,
    ingest: ingest.value,
    producer: producer.value,
    cameras: cameras.value?.configs ?? [],
    cameraFile: cameras.value?.file,
  };
}

function cureOf(problem: string): string {
  return FILE_CURES.find(([pattern]) => pattern.test(problem))?.[1] ?? SETTINGS_CURE;
}

interface Cameras {
  readonly configs: readonly ProducerConfig[];
  readonly file?: string;
}

/** Those of the file, or the one at RTSP_URL. @throws {MisuseError} */
async function camerasOf(env: Env): Promise<Cameras> {
  const hasUrl = (env["RTSP_URL"]?.trim() ?? "") !== "";
  const list = cameraListOf(cameraFileOf(env), hasUrl);
  if (list.kind === "one") return { configs: hasUrl ? [loadProducerConfig(env)] : [] };
  const defaults = loadCameraDefaults(env);
  const { cameras } = list.store.parse(await list.store.readText());
  return {
    configs: cameras.map((camera) => configOf(camera, defaults)),
    file: list.store.path,
  };
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
