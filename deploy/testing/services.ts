import { fileURLToPath } from "node:url";
import rootConfig from "../../deno.json" with { type: "json" };
import { permissionsOf, type ServiceName } from "../permissions.ts";
import { ServiceProcess } from "./process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Pretty or JSON. */
const LISTENS = /ingest listens(?: url=|","url":")([^\s"]+)/;

/** Where the task has its shell fill in what deploy/permissions.ts prints. */
const PERMISSIONS = /\$\([^)]*permissions\.ts \w+\)/;
const DENO = "deno ";
const PERMISSION_FLAG = /^(-P|-A|--(permission|allow|deny|ignore))/;

/** How a service is run, other than by its task. */
interface RunOptions {
  /** A command line to run it by, such as one that enters a network namespace; none by default. */
  readonly runBy?: readonly string[];
  /** With every permission: under `LD_PRELOAD` Deno runs no other program without. */
  readonly unrestricted?: boolean;
}

/**
 * The arguments with which `deno task NAME` runs Deno, its permissions among them.
 *
 * @param env what is added to this process's environment
 * @param root the repository, ending in a slash; empty for a service that runs in it
 */
export function taskArgs(
  name: ServiceName,
  env: Readonly<Record<string, string>> = {},
  root = "",
): string[] {
  const [before = "", after] = rootConfig.tasks[name].command.split(PERMISSIONS);
  if (after === undefined) throw new Error(`the task "${name}" asks for no permissions`);
  return [
    ...before.slice(before.indexOf(DENO) + DENO.length).trim().split(" "),
    ...permissionsOf(name, { ...Deno.env.toObject(), ...env }, root),
    `${root}${after.trim()}`,
  ];
}

/** What `deno task NAME` changes in the environment: a producer's FFmpegs are on a tether. */
export function taskEnv(name: ServiceName): Record<string, string> {
  const path = Deno.env.get("PATH") ?? "";
  return name === "producer" ? { PATH: `${ROOT}deploy/tethered:${path}` } : {};
}

/**
 * Settings of the machine that tests run on must not leak into a service under test, and the
 * repository's own `.env` neither: each service runs in a directory without one.
 */
function serviceOptions(
  name: ServiceName,
  env: Readonly<Record<string, string>>,
  { runBy = [], unrestricted = false }: RunOptions,
) {
  const taskLine = taskArgs(name, env, ROOT).flatMap((argument) => {
    if (!unrestricted) return argument;
    if (PERMISSION_FLAG.test(argument)) return [];
    return argument === "run" ? ["run", "-A"] : argument;
  });
  const [command = "", ...args] = [...runBy, Deno.execPath(), ...taskLine];
  return { command, args, cwd: `${ROOT}deploy/testing`, env: { ...taskEnv(name), ...env } };
}

export interface IngestOptions extends RunOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ingest extends AsyncDisposable {
  readonly url: string;
  readonly process: ServiceProcess;
}

/** A real ingest on a free port, or the one given. */
export async function startIngest(
  { port = 0, env = {}, ...how }: IngestOptions = {},
): Promise<Ingest> {
  const process = await ServiceProcess.start({
    ...serviceOptions("ingest", { INGEST_PORT: String(port), ...env }, how),
    ready: LISTENS,
  });
  const url = LISTENS.exec(process.output)?.[1] ?? "";
  return { url, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

export interface ProducerOptions extends RunOptions {
  /** None where a file says which cameras there are, by CONFIG. */
  readonly cameraUrl?: string;
  readonly ingestUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real producer. It is started, not waited for: a camera may well come later. */
export function startProducer(
  { cameraUrl, ingestUrl, env = {}, ...how }: ProducerOptions,
): Promise<ServiceProcess> {
  const camera = cameraUrl === undefined ? {} : { RTSP_URL: cameraUrl };
  const settings = { ...camera, INGEST_URL: ingestUrl, ...env };
  return ServiceProcess.start(serviceOptions("producer", settings, how));
}
