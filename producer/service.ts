import {
  aborted,
  type Env,
  type Hide,
  logFor,
  MisuseError,
  type Redact,
  startLogging,
} from "@porthole/protocol/service";
import { CameraDesk } from "./camera_desk.ts";
import { CameraFleet } from "./camera_fleet.ts";
import type { CameraFileStore } from "./camera_file_store.ts";
import { cameraListOf } from "./camera_list.ts";
import {
  type CameraDefaults,
  cameraFileOf,
  type ControlConfig,
  loadCameraDefaults,
  loadConfig,
  loadService,
  type ProducerConfig,
} from "./config.ts";
import { controlApi } from "./control_api.ts";
import { serveControl } from "./control_server.ts";
import { ffmpegVersion } from "./ffmpeg_process.ts";
import { produce } from "./producer.ts";
import { Report } from "./report.ts";

const REPORT_INTERVAL_MS = 5_000;

const log = logFor("producer");

/**
 * The producer's whole life: the camera at RTSP_URL, or all that a file names, until `signal` is
 * aborted.
 *
 * @throws {MisuseError} when it cannot start as it was told to
 */
export async function serve(env: Env, hide: Hide, signal: AbortSignal): Promise<void> {
  const list = cameraListOf(cameraFileOf(env), Boolean(env["RTSP_URL"]?.trim()));
  const cameras = list.kind === "one"
    ? { ...list, config: loadConfig(env) }
    : { ...list, defaults: loadCameraDefaults(env) };
  const service = loadService(env);
  // What is secret changes with the cameras.
  let redact: Redact = hide(service.secrets);
  const onSecrets = (secrets: readonly string[]) => {
    redact = hide([...service.secrets, ...secrets]);
  };
  await using _logging = await startLogging({
    level: service.logLevel,
    redact: (text) => redact(text),
  });
  log.info("producer starts", { ffmpeg: await ffmpegVersion() });
  await keepPublished(signal, (fleet) => {
    const start = { ...service, fleet, onSecrets };
    return cameras.kind === "one" ? startOne(cameras, start) : startMany(cameras, start);
  });
  log.info("producer stopped");
}

/** Resolves when every camera has ended. */
async function keepPublished(
  signal: AbortSignal,
  start: (fleet: CameraFleet) => Promise<AsyncDisposable>,
): Promise<void> {
  const report = new Report();
  await using fleet = new CameraFleet((config, onStatus, owned) =>
    produce(config, { report, onStatus }, owned)
  );
  await using _started = await start(fleet);
  const reporting = setInterval(() => report.write(log), REPORT_INTERVAL_MS);
  await aborted(signal);
  clearInterval(reporting);
}

interface Start {
  readonly control: ControlConfig | undefined;
  readonly fleet: CameraFleet;
  readonly onSecrets: (secrets: readonly string[]) => void;
}

function startOne(
  { config, unused }: { readonly config: ProducerConfig; readonly unused: string | undefined },
  { control, fleet, onSecrets }: Start,
): Promise<AsyncDisposable> {
  if (control !== undefined) {
    throw new MisuseError(
      "CONTROL_PORT is for cameras of a file: write RTSP_URL into porthole.yaml, and unset it",
    );
  }
  onSecrets(config.secrets);
  log.info("one camera, of RTSP_URL", { camera: config.camera.url });
  if (unused !== undefined) {
    log.warn("the file of cameras is not used, for RTSP_URL is set", { file: unused });
  }
  fleet.apply([config]);
  return Promise.resolve(fleet);
}

async function startMany(
  { store, defaults }: { readonly store: CameraFileStore; readonly defaults: CameraDefaults },
  { control, fleet, onSecrets }: Start,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  log.info("cameras of a file", { file: store.path });
  const desk = stack.use(await CameraDesk.open({ store, fleet, defaults, onSecrets }));
  const reload = () => void desk.reload();
  Deno.addSignalListener("SIGHUP", reload);
  stack.defer(() => Deno.removeSignalListener("SIGHUP", reload));
  if (control !== undefined) {
    const api = controlApi({ desk, fleet, token: control.token });
    stack.use(serveControl(control, (request) => api.fetch(request)));
  }
  return stack.move();
}
