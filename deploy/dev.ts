/**
 * Everything in one go: a camera (the simulated one, or the one at `RTSP_URL`), ingest, a producer
 * and the viewer. Prints the page's address; Ctrl-C ends it all.
 *
 * @module
 */
import {
  aborted,
  createRedact,
  loadDotEnv,
  MisuseError,
  runService,
  startLogging,
} from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { buildViewer } from "../viewer/build.ts";
import { SimulatedCamera } from "./camera/simulated_camera.ts";
import { freePort } from "./testing/free_port.ts";
import { taskArgs, taskEnv } from "./testing/services.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DEFAULT_PORT = "3000";
const READY_POLL_MS = 50;
const READY_WITHIN_MS = 20_000;

/** A service in the foreground: its logs are ours, and it ends with us. */
function startService(name: "ingest" | "producer", env: Record<string, string>) {
  const child = new Deno.Command(Deno.execPath(), {
    args: taskArgs(name, env),
    cwd: ROOT,
    env: { ...taskEnv(name), ...env },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  let isGone = false;
  const ended = child.status.then(({ code }) => {
    isGone = true;
    return { name, code };
  });
  return {
    ended,
    async [Symbol.asyncDispose]() {
      if (!isGone) child.kill("SIGTERM");
      await ended;
    },
  };
}

async function cameraUrl(stack: AsyncDisposableStack): Promise<string> {
  const given = Deno.env.get("RTSP_URL");
  if (given) return given;
  try {
    return stack.use(await SimulatedCamera.start()).url;
  } catch (cause) {
    throw new MisuseError("there is no RTSP_URL, and no simulated camera either", { cause });
  }
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(READY_WITHIN_MS)]);
  while (!deadline.aborted) {
    try {
      const response = await fetch(`${url}readyz`, { signal: deadline });
      await response.body?.cancel();
      if (response.ok) return;
    } catch (error) {
      if (!(error instanceof TypeError)) return; // refused: not yet; anything else: we are leaving
    }
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  if (!signal.aborted) throw new MisuseError(`ingest does not answer at ${url}`);
}

/** Where viewers are asked who they are, publishers are too: one for these two to share. */
function publishToken(): Record<string, string> {
  const isSet = (name: string) => Boolean(Deno.env.get(name) || Deno.env.get(`${name}_FILE`));
  const asks = ["WATCH_PASSWORD", "AUTH_SECRET", "AUTH_JWKS"].some(isSet);
  return asks && !isSet("PUBLISH_TOKEN") ? { PUBLISH_TOKEN: crypto.randomUUID() } : {};
}

/** Where ingest can be reached from here. */
function localHost(host: string | undefined): string {
  if (!host || host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}

await runService(async (signal) => {
  loadDotEnv();
  await using _logging = await startLogging({ level: "info", redact: createRedact() });
  await using stack = new AsyncDisposableStack();
  const wantedPort = Deno.env.get("INGEST_PORT") || DEFAULT_PORT;
  const port = wantedPort === "0" ? String(freePort()) : wantedPort;
  const ingestUrl = `http://${localHost(Deno.env.get("INGEST_HOST"))}:${port}/`;
  const [camera] = await Promise.all([cameraUrl(stack), buildViewer()]);
  if (signal.aborted) return;
  const token = publishToken();
  const ingest = stack.use(startService("ingest", { INGEST_PORT: port, ...token }));
  const producer = stack.use(
    startService("producer", { RTSP_URL: camera, INGEST_URL: ingestUrl, ...token }),
  );
  const ended = Promise.race([ingest.ended, producer.ended]);
  await Promise.race([answers(ingestUrl, signal), ended]);
  const simulated = Deno.env.get("RTSP_URL") ? "" : ` It shows the simulated camera at ${camera}`;
  await say(`\n  Porthole is at ${ingestUrl}${simulated}\n  Ctrl-C stops it.\n\n`);
  const outcome = await Promise.race([aborted(signal), ended]);
  if (outcome !== undefined && !signal.aborted) {
    throw new MisuseError(`the ${outcome.name} ended with exit code ${outcome.code}; see above`);
  }
});
