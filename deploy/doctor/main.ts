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
} from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { secretsOf } from "../../ingest/access/access_config.ts";
import { INGEST_SETTINGS } from "../../ingest/config.ts";
import { PRODUCER_SETTINGS, type ServiceConfig } from "../../producer/config.ts";
import { examineCamera } from "./camera.ts";
import { examineDeno } from "./deno_runtime.ts";
import { examineFfmpeg } from "./ffmpeg.ts";
import { examineNamedFiles, examineWritable } from "./files.ts";
import { type Finding, reportOf, summaryOf } from "./finding.ts";
import { examineIngest } from "./ingest.ts";
import { clockFinding, examineMachine } from "./machine.ts";
import { browserFinding, examineViewer } from "./page.ts";
import { examinePort } from "./port.ts";
import { examineSettings } from "./settings.ts";

const VIEWER_DIRECTORY = fileURLToPath(new URL("../../viewer/dist/", import.meta.url));
const SETTINGS = Object.keys({ ...INGEST_SETTINGS, ...PRODUCER_SETTINGS });

/** One group of findings after the other, each as soon as it is known. */
export async function* examine(env: Env, redact: Redact): AsyncGenerator<readonly Finding[]> {
  // What is embedded in a binary cannot be missing, nor can its Deno be another one.
  if (!Deno.build.standalone) {
    yield [examineDeno(Deno.version.deno), await examineViewer(VIEWER_DIRECTORY)];
  }
  const { findings, ingest, producer, cameras, cameraFile } = await examineSettings(env);
  yield findings;
  yield [await clockFinding(Date.now())];
  if (ingest !== undefined) {
    const { host, port } = ingest;
    yield [
      await examinePort({ host, port, hostSetting: "INGEST_HOST", portSetting: "INGEST_PORT" }),
      browserFinding(ingest),
      ...await examineNamedFiles(ingest, Date.now()),
    ];
    yield examineMachine(ingest);
  }
  if (producer !== undefined) yield await examineProducer(producer, cameraFile);
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

/** Where it is to listen, and what it is to write. */
async function examineProducer(
  { metrics, control }: ServiceConfig,
  cameraFile: string | undefined,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  if (metrics !== undefined) {
    const settings = { hostSetting: "METRICS_HOST", portSetting: "METRICS_PORT" };
    findings.push(await examinePort({ ...metrics, ...settings }));
  }
  if (control !== undefined) {
    const { port } = control;
    const settings = { hostSetting: "CONTROL_PORT", portSetting: "CONTROL_PORT" };
    findings.push(await examinePort({ host: "127.0.0.1", port, ...settings }));
    if (cameraFile !== undefined) findings.push(await examineWritable(cameraFile));
  }
  return findings;
}

/** @returns whether nothing has to be mended */
export async function doctor(): Promise<boolean> {
  const env = readEnvironment(SETTINGS);
  const { ingest, producer, cameras } = await examineSettings(env);
  const redact = createRedact([
    ...cameras.flatMap(({ secrets }) => secrets),
    ...(producer?.secrets ?? []),
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
