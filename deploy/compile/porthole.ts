/**
 * All of Porthole in one program, for one machine: ingest with its page, and the producer of the
 * camera at `RTSP_URL` or those of `porthole.yaml`, in one process. `porthole token` is
 * `deno task token`, `porthole doctor` is `deno task doctor`.
 *
 * @module
 */
import {
  aborted,
  type Env,
  type Hide,
  type Linger,
  logFor,
  MisuseError,
  readEnvironment,
  runService,
  startLogging,
} from "@porthole/protocol/service";
import { guardsOf, secretsOf } from "../../ingest/access/access_config.ts";
import { INGEST_SETTINGS, loadConfig as loadIngestConfig } from "../../ingest/config.ts";
import { drain, startIngest } from "../../ingest/service.ts";
import { mintToken } from "../../ingest/token.ts";
import { loadService, PRODUCER_SETTINGS } from "../../producer/config.ts";
import { ffmpegVersion } from "../../producer/ffmpeg_process.ts";
import { camerasToPublish, publishCameras } from "../../producer/service.ts";
import { runDoctor } from "../doctor/main.ts";
import deployConfig from "../deno.json" with { type: "json" };

const USAGE = `Porthole ${deployConfig.version}: RTSP cameras in any browser, live.

  porthole              the server, and the camera at RTSP_URL or those of porthole.yaml
  porthole token …      a signed token: --watch door --publish door --expires 30d
  porthole doctor       what is wrong with this machine, its settings, its camera
  porthole --version

Settings come from the environment or from .env; .env.example lists them.
`;
const SETTINGS = Object.keys({ ...INGEST_SETTINGS, ...PRODUCER_SETTINGS });

/**
 * The environment of both services: the producer publishes to this ingest, with a token that nobody else
 * knows where publishing asks for one and none is set.
 *
 * @throws {MisuseError} when it cannot be told by which name ingest's certificate is to be met
 */
export function sharedEnvironment(env: Env, ownToken: string): Env {
  const { access, certificateFiles } = loadIngestConfig(env);
  const isIngestNamed = (env["INGEST_URL"]?.trim() ?? "") !== "";
  if (!isIngestNamed && certificateFiles !== undefined) {
    throw new MisuseError(
      "INGEST_URL: not set, though TLS_CERT is; allowed: https:// with a name that is in the " +
        "certificate and leads to this machine",
    );
  }
  const needsToken = guardsOf(access).publish && access.publishToken === "";
  return needsToken ? { ...env, PUBLISH_TOKEN: ownToken } : env;
}

/** Where a process of the same machine finds what listens at that address. */
export function reachableHere(url: string): string {
  const local = new URL(url);
  if (local.hostname === "0.0.0.0") local.hostname = "127.0.0.1";
  if (local.hostname === "[::]") local.hostname = "[::1]";
  return local.origin;
}

async function serve(signal: AbortSignal, hide: Hide, linger: Linger): Promise<void> {
  const env = sharedEnvironment(readEnvironment(SETTINGS), crypto.randomUUID());
  const config = loadIngestConfig(env);
  // Looked at before anything listens; where ingest is to be met is known after that.
  camerasToPublish(env);
  const secrets = [...secretsOf(config.access), ...loadService(env).secrets];
  let redact = hide(secrets);
  await using _logging = await startLogging({
    level: config.logLevel,
    format: config.logFormat,
    redact: (text) => redact(text),
  });
  const log = logFor("porthole");
  const ffmpeg = await ffmpegVersion(signal);
  if (signal.aborted) return;
  await using ingest = await startIngest(config);
  log.info("porthole listens", { url: ingest.url, ffmpeg });
  const cameras = camerasToPublish({
    ...env,
    INGEST_URL: env["INGEST_URL"]?.trim() || reachableHere(ingest.url),
  });
  const over = new AbortController();
  const producing = publishCameras(
    cameras,
    (more) => redact = hide([...secrets, ...more]),
    over.signal,
  );
  let died: Error | void;
  try {
    // While it drains there are pictures to be seen.
    died = await Promise.race([aborted(signal), ingest.died, producing]) ??
      await Promise.race([drain(ingest, config, linger), producing]);
  } finally {
    over.abort();
    await producing;
  }
  if (died === undefined) return log.info("porthole stops");
  log.error("porthole stops", { cause: died });
  throw died;
}

async function run(signal: AbortSignal, hide: Hide, linger: Linger): Promise<void> {
  const [command, ...args] = Deno.args;
  const print = (text: string) => Deno.stdout.write(new TextEncoder().encode(text));
  switch (command) {
    case undefined:
      return await serve(signal, hide, linger);
    case "token":
      return await mintToken(args);
    case "doctor":
      return await runDoctor(args);
    case "--version":
      return void await print(`${deployConfig.version}\n`);
    case "--help":
      return void await print(USAGE);
    default:
      throw new MisuseError(`${command}: unknown\n\n${USAGE}`);
  }
}

if (import.meta.main) await runService(run);
