import { fileURLToPath } from "node:url";
import rootConfig from "../../deno.json" with { type: "json" };
import { permissionsOf, type ServiceName } from "../permissions.ts";
import { ServiceProcess } from "./process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where the task has its shell fill in what deploy/permissions.ts prints. */
const PERMISSIONS = /\$\([^)]*permissions\.ts \w+\)/;

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
    ...before.trim().split(" ").slice(1),
    ...permissionsOf(name, { ...Deno.env.toObject(), ...env }, root),
    `${root}${after.trim()}`,
  ];
}

/**
 * Settings of the machine that tests run on must not leak into a service under test, and the
 * repository's own `.env` neither: each service runs in a directory without one.
 */
function serviceOptions(name: ServiceName, env: Readonly<Record<string, string>>) {
  const args = taskArgs(name, env, ROOT);
  return { command: Deno.execPath(), args, cwd: `${ROOT}deploy/testing`, env };
}

export interface Ingest extends AsyncDisposable {
  readonly url: string;
  readonly process: ServiceProcess;
}

/** A real ingest on a free port, or the one given. */
export async function startIngest(
  { port = 0, env = {} }: { port?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<Ingest> {
  const process = await ServiceProcess.start({
    ...serviceOptions("ingest", { INGEST_PORT: String(port), ...env }),
    ready: /ingest listens url=(\S+)/,
  });
  const url = /ingest listens url=(\S+)/.exec(process.output)?.[1] ?? "";
  return { url, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

export interface ProducerOptions {
  readonly cameraUrl: string;
  readonly ingestUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real producer. It is started, not waited for: a camera may well come later. */
export function startProducer(
  { cameraUrl, ingestUrl, env = {} }: ProducerOptions,
): Promise<ServiceProcess> {
  return ServiceProcess.start(
    serviceOptions("producer", { RTSP_URL: cameraUrl, INGEST_URL: ingestUrl, ...env }),
  );
}
