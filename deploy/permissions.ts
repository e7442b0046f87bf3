/**
 * What a service may do, as arguments of `deno run`: what its settings ask for, and nothing else.
 * `deno task ingest` and `deno task producer` start with what this prints.
 *
 * Computed, because flags alone cannot say "the certificate that TLS_CERT names" or "the ingest at
 * INGEST_URL", and a permission that was given cannot be narrowed later.
 *
 * @module
 */
import {
  type Env,
  environmentNames,
  MisuseError,
  readEnvironment,
  readVariables,
  secretFilesOf,
  type Setting,
  SettingsError,
  urlHost,
} from "@porthole/protocol/service";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { dirname } from "node:path";
import { INGEST_SETTINGS, loadConfig as loadIngestConfig } from "../ingest/config.ts";
import { namedInFile } from "../producer/camera_file.ts";
import { newFileOf, pathIn } from "../producer/camera_file_store.ts";
import {
  CAMERA_FILE,
  cameraFileOf,
  loadCameraDefaults,
  loadConfig as loadProducerConfig,
  loadService as loadProducerService,
  PRODUCER_SETTINGS,
} from "../producer/config.ts";

export type ServiceName = "ingest" | "producer";

export const SERVICE_NAMES: readonly ServiceName[] = ["ingest", "producer"];

interface Permissions {
  /** Paths, from the working directory or absolute. */
  readonly read: readonly string[];
  /** Hosts with or without port; `undefined` for all. */
  readonly net: readonly string[] | undefined;
  /** Further variables of the environment than its settings. */
  readonly env?: readonly string[];
  /** Variables that somebody else's code asks for, to be told that they are not set. */
  readonly ignoredEnv?: readonly string[];
  readonly write?: readonly string[];
  /** What may be asked of the system. */
  readonly sys?: readonly string[];
  /** Programs, looked up in `PATH` before the service starts. */
  readonly run?: readonly string[];
}

interface Service {
  readonly settings: Readonly<Record<string, Setting<unknown>>>;
  readonly permissions: (env: Env, root: string) => Permissions;
  /** While its settings are wrong. */
  readonly least: (env: Env) => Permissions;
}

const DOT_ENV = ".env";
/** Settings of ingest that name files it reads, again and again; the last one may name a URL. */
const FILE_SETTINGS = ["TLS_CERT", "TLS_KEY", "AUTH_JWKS"];
const URL_START = /^https?:/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "rtsp:": 554,
  "rtsps:": 322,
};
/** A thread of its own loads its modules with the permissions it has. */
const WORKER_MODULES = ["ingest", "protocol"];

/** The parser of YAML asks for them, to log what it does. */
const YAML_VARIABLES = ["LOG_TOKENS", "LOG_STREAM"];
/**
 * Deno lets every program import code from some public hosts. `--deny-import` alone leaves them (seen
 * with 2.9.6); a list of one's own takes their place, here of a name that nobody can have (RFC 2606).
 */
export const NO_IMPORTS: readonly string[] = ["--allow-import=nobody.invalid", "--deny-import"];

const NOTHING: Permissions = { read: [], net: [] };

const SERVICES: Readonly<Record<ServiceName, Service>> = {
  ingest: { settings: INGEST_SETTINGS, permissions: ingestPermissions, least: () => NOTHING },
  producer: { settings: PRODUCER_SETTINGS, permissions: producerPermissions, least: producerLeast },
};

/**
 * @param env what the service will find in its environment and `.env`, the files that hold its
 * secrets opened
 * @param root the repository, ending in a slash; empty where the service is started in it
 */
export function permissionsOf(name: ServiceName, env: Env, root = ""): string[] {
  const { settings, permissions, least } = SERVICES[name];
  const granted = withinSettings(() => permissions(env, root), () => least(env));
  const { read, net, sys = [], run = [], write = [], env: variables = [], ignoredEnv = [] } =
    granted;
  const names = Object.keys(settings);
  const secretFiles = secretFilesOf(names, env).filter(isOneWord);
  return [
    // Nobody is there to be asked; what is not granted fails.
    "--no-prompt",
    ...NO_IMPORTS,
    `--allow-env=${[...environmentNames(names), ...variables].join()}`,
    ...(ignoredEnv.length > 0 ? [`--ignore-env=${ignoredEnv.join()}`] : []),
    `--allow-read=${[DOT_ENV, ...secretFiles, ...read].map(asListItem).join()}`,
    ...(write.length > 0 ? [`--allow-write=${write.map(asListItem).join()}`] : []),
    ...(net === undefined ? ["--allow-net"] : net.length > 0 ? [`--allow-net=${net.join()}`] : []),
    ...(sys.length > 0 ? [`--allow-sys=${sys.join()}`] : []),
    ...(run.length > 0 ? [`--allow-run=${run.join()}`] : []),
  ];
}

/** A service whose settings are wrong needs to be able to say so, and hardly more. */
function withinSettings(permissions: () => Permissions, least: () => Permissions): Permissions {
  try {
    return permissions();
  } catch (error) {
    if (error instanceof SettingsError) return least();
    throw error;
  }
}

function ingestPermissions(env: Env, root: string): Permissions {
  const { host, port, workers, access } = loadIngestConfig(env);
  const files = FILE_SETTINGS.flatMap((name) => env[name]?.trim() || [])
    .filter((path) => isOneWord(path) && !URL_START.test(path));
  const modules = workers > 1 ? WORKER_MODULES.map((folder) => `${root}${folder}`) : [];
  const net = netOf(host, port);
  const issuer = URL_START.test(access.jwks) ? [netItem(new URL(access.jwks))] : [];
  return {
    read: [`${root}viewer/dist`, ...modules, ...files],
    net: net && [...net, ...issuer],
    // How much memory its container allows.
    sys: ["systemMemoryInfo"],
  };
}

function producerPermissions(env: Env): Permissions {
  const file = cameraFileOf(env);
  if (!env["RTSP_URL"]?.trim() && existsSync(file.path)) return fleetPermissions(env, file.path);
  const { uplink, camera } = loadProducerConfig(env);
  const ingest = netAt(uplink.ingestUrl);
  // FFmpeg is what watches it; the producer itself asks whether it is there again.
  const cameraNet = netAt(new URL(camera.url));
  const asked = metricsNet(env);
  const net = ingest && cameraNet && asked && [...ingest, ...cameraNet, ...asked];
  return { read: [CAMERA_FILE], net, run: ["ffmpeg"] };
}

/**
 * Of the cameras of a file. Which there will be is not known before they are written down, so their
 * addresses are all that RTSP_ALLOW allows, or all; what they take from other files and variables
 * is what the file names now.
 */
function fleetPermissions(env: Env, path: string): Permissions {
  const { uplink, camera } = loadCameraDefaults(env);
  const { control } = loadProducerService(env);
  const ingest = netAt(uplink.ingestUrl);
  const cameras = camera.allowed && rangesOf(camera.allowed.ranges);
  const named = namedByFile(path);
  const written = control === undefined ? [] : [path, newFileOf(path)].filter(isOneWord);
  const asked = metricsNet(env);
  const controlNet = control === undefined ? [] : netOf("127.0.0.1", control.port) ?? [];
  return {
    ...named,
    // What is renamed is read, as Deno has it.
    read: [...named.read, ...written.slice(1)],
    write: written,
    net: ingest && cameras && asked && [...ingest, ...controlNet, ...asked, ...cameras],
    run: ["ffmpeg"],
  };
}

/** Where the producer may be asked how it is. */
function metricsNet(env: Env): readonly string[] | undefined {
  const { metrics } = loadProducerService(env);
  return metrics === undefined ? [] : netOf(metrics.host, metrics.port);
}

/** A file of cameras can be checked, and a camera probed, whatever the settings are. */
function producerLeast(env: Env): Permissions {
  const { path } = cameraFileOf(env);
  const named = existsSync(path) ? namedByFile(path) : { read: [path].filter(isOneWord) };
  return { ...named, net: [], run: ["ffmpeg"] };
}

function namedByFile(path: string): Omit<Permissions, "net"> {
  const { files, variables } = namedInFile(readFileSync(path, "utf8"));
  const read = [path, ...files.map((name) => pathIn(dirname(path), name))].filter(isOneWord);
  return { read, env: variables, ignoredEnv: YAML_VARIABLES };
}

/** `undefined` where Deno knows no such ranges: those of IPv6. */
function rangesOf(ranges: readonly string[]): readonly string[] | undefined {
  if (ranges.some((range) => range.includes(":") && range.includes("/"))) return undefined;
  return ranges.map(urlHost);
}

/** The task's shell parts words at spaces, however they are quoted. */
function isOneWord(path: string): boolean {
  return /^\S+$/.test(path);
}

function netAt({ protocol, hostname, port }: URL): readonly string[] | undefined {
  return netOf(hostname, Number(port) || (DEFAULT_PORTS[protocol] ?? 0));
}

/**
 * `undefined` for a host name: Node's sockets ask for the addresses behind it, which may be others
 * tomorrow.
 */
function netOf(host: string, port: number): readonly string[] | undefined {
  if (host.toLowerCase() === "localhost") return ["localhost", "127.0.0.1", "[::1]"];
  const bare = host.replace(/^\[|\]$/g, "");
  const version = isIP(bare);
  if (version === 0) return undefined;
  const address = version === 6 ? `[${bare}]` : bare;
  return [port === 0 ? address : `${address}:${port}`];
}

/** By name: what is asked for by `fetch` is granted by the name that it is asked under. */
function netItem({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || DEFAULT_PORTS[protocol]}`;
}

/** A comma parts the items of a list, unless there are two of them. */
function asListItem(path: string): string {
  return path.replaceAll(",", ",,");
}

if (import.meta.main) {
  const name = SERVICE_NAMES.find((known) => known === Deno.args[0]);
  if (name === undefined) throw new MisuseError(`give a service: ${SERVICE_NAMES.join(" or ")}`);
  const names = Object.keys(SERVICES[name].settings);
  const env = { ...readVariables(environmentNames(names)), ...readEnvironment(names) };
  await Deno.stdout.write(new TextEncoder().encode(permissionsOf(name, env).join(" ")));
}
