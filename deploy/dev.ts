/**
 * Everything in one go: cameras (those of `porthole.yaml`, the one at `RTSP_URL`, or a simulated
 * one), ingest, a producer and the viewer. Prints the page's address; Ctrl-C ends it all.
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
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cameraFileOf } from "../producer/config.ts";
import { buildViewer } from "../viewer/build.ts";
import { SimulatedCamera } from "./camera/simulated_camera.ts";
import { localHost } from "./local_host.ts";
import { freePort } from "./testing/free_port.ts";
import { taskArgs, taskEnv } from "./testing/services.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DEFAULT_HOST = "127.0.0.1";
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

/** What the producer is told of its cameras, and what people are. */
interface Cameras {
  readonly env: Record<string, string>;
  readonly said: string;
}

async function startCameras(stack: AsyncDisposableStack): Promise<Cameras> {
  const { path, isNamed } = cameraFileOf({ CONFIG: Deno.env.get("CONFIG") });
  if (Deno.env.get("RTSP_URL")) return { env: {}, said: "" };
  if (isNamed || existsSync(resolve(ROOT, path))) {
    return { env: {}, said: ` It shows the cameras of ${path}` };
  }
  try {
    const { url } = stack.use(await SimulatedCamera.start());
    return { env: { RTSP_URL: url }, said: ` It shows the simulated camera at ${url}` };
  } catch (cause) {
    throw new MisuseError("there are no cameras of yours, and no simulated one either", { cause });
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

interface Ended {
  readonly name: string;
  readonly code: number;
}

/** Neither service ends by itself but for a reason, which it told. */
function failIfEnded(ended: Ended | void): void {
  if (ended) {
    throw new MisuseError(`the ${ended.name} ended with exit code ${ended.code}; see above`);
  }
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
  const ingestUrl = `http://${localHost(Deno.env.get("INGEST_HOST") || DEFAULT_HOST)}:${port}/`;
  const [cameras] = await Promise.all([startCameras(stack), buildViewer()]);
  if (signal.aborted) return;
  const token = publishToken();
  const ingest = stack.use(startService("ingest", { INGEST_PORT: port, ...token }));
  // The producer after it: a log that begins with a failure is no welcome.
  failIfEnded(await Promise.race([answers(ingestUrl, signal), ingest.ended]));
  if (signal.aborted) return;
  const producer = stack.use(
    startService("producer", { ...cameras.env, INGEST_URL: ingestUrl, ...token }),
  );
  await say(`\n  Porthole is at ${ingestUrl}${cameras.said}\n  Ctrl-C stops it.\n\n`);
  const ended = await Promise.race([aborted(signal), ingest.ended, producer.ended]);
  if (!signal.aborted) failIfEnded(ended);
});
