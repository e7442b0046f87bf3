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
import { type CameraList, cameraListOf } from "./camera_list.ts";
import {
  type CameraDefaults,
  cameraFileOf,
  type ControlConfig,
  loadCameraDefaults,
  loadConfig,
  loadService,
  type ProducerConfig,
  type ServiceConfig,
} from "./config.ts";
import { controlApi } from "./control_api.ts";
import { serveControl } from "./control_server.ts";
import { ffmpegVersion } from "./ffmpeg_process.ts";
import { ProducerMetrics } from "./metrics.ts";
import { serveMetrics } from "./metrics_server.ts";
import { produce } from "./producer.ts";
import { Report } from "./report.ts";

const REPORT_INTERVAL_MS = 5_000;

const log = logFor("producer");

type OnSecrets = (secrets: readonly string[]) => void;

/** Which cameras to publish, and what goes for all of them. */
export type CamerasToPublish =
  & Pick<ServiceConfig, "control" | "metrics">
  & (
    | Extract<CameraList, { kind: "one" }> & { readonly config: ProducerConfig }
    | Extract<CameraList, { kind: "file" }> & { readonly defaults: CameraDefaults }
  );

/**
 * The producer's whole life: the camera at RTSP_URL, or all that a file names, until `signal` is
 * aborted.
 *
 * @throws {MisuseError} when it cannot start as it was told to
 */
export async function serve(env: Env, hide: Hide, signal: AbortSignal): Promise<void> {
  const cameras = camerasToPublish(env);
  const { logLevel, logFormat, secrets } = loadService(env);
  // What is secret changes with the cameras.
  let redact: Redact = hide(secrets);
  await using _logging = await startLogging({
    level: logLevel,
    format: logFormat,
    redact: (text) => redact(text),
  });
  const ffmpeg = await ffmpegVersion(signal);
  if (signal.aborted) return;
  log.info("producer starts", { ffmpeg });
  await publishCameras(cameras, (more) => redact = hide([...secrets, ...more]), signal);
  log.info("producer stopped");
}

/** @throws {MisuseError} when the settings are wrong, or say nothing of cameras */
export function camerasToPublish(env: Env): CamerasToPublish {
  const list = cameraListOf(cameraFileOf(env), Boolean(env["RTSP_URL"]?.trim()));
  const cameras = list.kind === "one"
    ? { ...list, config: loadConfig(env) }
    : { ...list, defaults: loadCameraDefaults(env) };
  const { control, metrics } = loadService(env);
  return { ...cameras, control, metrics };
}

/**
 * Publishes them until `signal` is aborted; resolves when every camera has ended.
 *
 * @param onSecrets what is not to be shown from now on, whenever the cameras have changed
 * @throws {MisuseError} when the file is not in order
 */
export async function publishCameras(
  cameras: CamerasToPublish,
  onSecrets: OnSecrets,
  signal: AbortSignal,
): Promise<void> {
  const report = new Report();
  using metrics = new ProducerMetrics();
  await using _asked = cameras.metrics && serveMetrics(cameras.metrics, metrics);
  await using fleet = new CameraFleet((config, onStatus, owned) =>
    produce(config, { report, metrics, onStatus }, owned)
  );
  const start = { control: cameras.control, fleet, onSecrets };
  await using _started =
    await (cameras.kind === "one" ? startOne(cameras, start) : startMany(cameras, start));
  const reporting = setInterval(() => report.write(log), REPORT_INTERVAL_MS);
  await aborted(signal);
  clearInterval(reporting);
}

interface Start {
  readonly control: ControlConfig | undefined;
  readonly fleet: CameraFleet;
  readonly onSecrets: OnSecrets;
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
