import {
  type CameraStatus,
  type Frame,
  isJpeg,
  JPEG_RENDITION,
  LOW_RENDITION,
  MAIN_RENDITION,
  MessageEncoder,
  renditionOf,
  SOURCE_RENDITION,
} from "@porthole/protocol";
import { createRedact, logFor, logWith } from "@porthole/protocol/service";
import { CameraSupervisor } from "./camera_supervisor.ts";
import type { ProducerConfig } from "./config.ts";
import { DerivedRendition, type DerivedRenditionSpec } from "./derived_rendition.ts";
import { SequenceCounter } from "./frame_reader.ts";
import { jpegRendition } from "./jpeg_rendition.ts";
import type { ProducerMetrics } from "./metrics.ts";
import { lowRendition } from "./low_rendition.ts";
import { mainRendition } from "./main_rendition.ts";
import type { Report } from "./report.ts";
import { SourceOnDemand } from "./source_on_demand.ts";
import { Uplink } from "./uplink.ts";

/** Who else wants to know how a camera is. */
export interface ProducerHooks {
  readonly report: Report;
  readonly metrics: ProducerMetrics;
  readonly onStatus?: (status: CameraStatus) => void;
}

const log = logFor("producer", "camera");

/**
 * One camera to one ingest, until `signal` is aborted: camera → frames → uplink, and on demand
 * main → JPEG or low → uplink. Resolves when FFmpeg is gone and the publish is closed.
 *
 * @throws {FfmpegMissingError}
 */
export async function produce(
  config: ProducerConfig,
  { report, metrics, onStatus }: ProducerHooks,
  signal: AbortSignal,
): Promise<void> {
  const { streamId } = config.uplink;
  using counts = metrics.camera(streamId);
  const redact = createRedact(config.secrets);
  const isJpegOnly = config.camera.codecMode === "jpeg";
  const encoder = new MessageEncoder();

  const publish = (frame: Frame) => {
    report.countFrame(frame);
    counts.frame(frame);
    uplink.offer({ frame, bytes: encoder.encodePrefixed(frame) });
  };
  const { targetFps } = config.jpeg;
  const derived = (spec: DerivedRenditionSpec) =>
    new DerivedRendition({
      ...{ streamId, spec, targetFps, redact, onFrame: publish },
      onRestart: (cause) => counts.renditionRestarted(spec.name, cause),
    });
  const [mainSequence, jpegSequence] = [new SequenceCounter(), new SequenceCounter()];
  await using main = derived(mainRendition(mainSequence));
  await using jpeg = derived(jpegRendition(config.jpeg, jpegSequence));
  await using low = derived(lowRendition(targetFps, new SequenceCounter()));
  const derivations = [main, jpeg, low];
  // Where JPEG is all there is, it is always made and nothing else ever.
  const made = isJpegOnly ? [] : derivations.filter(({ name }) => isMade(name, config));
  let own: string = MAIN_RENDITION;
  const uplink = new Uplink({
    config: config.uplink,
    maxWaitingJpegs: config.jpeg.bufferFrames,
    software: "porthole-producer",
    name: config.name,
    offers: offersOf(config, own),
    onDemand: (wanted) => {
      made.forEach((rendition) => rendition.want(wanted.includes(rendition.name)));
      source?.want(wanted.length > 0);
    },
    onDelivered: (delayMs) => {
      report.countDelivery(delayMs);
      counts.delivered(delayMs);
    },
    onRestart: (cause) => counts.uplinkRestarted(cause),
  });
  const tell = (status: CameraStatus) => {
    uplink.setStatus(status);
    counts.status = status;
    onStatus?.(status);
  };
  const forget = () => {
    uplink.forgetGops();
    for (const each of derivations) each.sourceEnded();
  };
  const camera = new CameraSupervisor({
    streamId,
    camera: config.camera,
    jpeg: config.jpeg,
    retry: config.retry,
    redact,
    mainSequence,
    jpegSequence,
    onFrame: (frame) => {
      if (isJpeg(frame)) return publish(frame);
      if (isJpegOnly) return jpeg.feed(frame);
      if (renditionOf(frame) !== own) {
        own = renditionOf(frame);
        uplink.setOffers(offersOf(config, own), own);
      }
      publish(frame);
      for (const each of made) if (each.name !== own) each.feed(frame);
    },
    onEnd: forget,
    onRestart: (cause) => counts.restarted(cause),
    onStatus: (status) => source === undefined ? tell(status) : source.status(status),
  });
  const source = !config.isOnDemand ? undefined : new SourceOnDemand({
    run: (opened) => camera.run(opened).then(forget),
    onStatus: tell,
    log: logWith(log, { stream: streamId }),
  });

  counts.watch({
    discards: () => uplink.discards(),
    isConnected: () => uplink.isConnected,
    own: () => own,
    derived: derivations,
  });
  if (isJpegOnly) jpeg.want(true);
  using _discards = report.countDiscards(() => uplink.discarded);
  try {
    await Promise.all([(source ?? camera).run(signal), uplink.run(signal)]);
  } finally {
    // All at once: disposing of them waits for one after the other.
    for (const each of derivations) each.want(false);
  }
}

/**
 * What is made while ingest has somebody who wants it: `main` too, where the camera's own is H.265,
 * and of a camera on demand everything.
 */
function offersOf(
  { camera, isOnDemand, renditions }: ProducerConfig,
  own: string,
): readonly string[] {
  if (camera.codecMode === "jpeg") return isOnDemand ? [JPEG_RENDITION] : [];
  const main = isOnDemand || own !== MAIN_RENDITION ? [MAIN_RENDITION] : [];
  const source = isOnDemand && own === SOURCE_RENDITION ? [SOURCE_RENDITION] : [];
  const made = [JPEG_RENDITION, LOW_RENDITION].filter((name) =>
    renditions.some((rendition) => rendition === name)
  );
  return [...source, ...main, ...made];
}

/** `main` is made of H.265 whatever is asked for: most browsers play nothing else of it. */
function isMade(name: string, { renditions }: ProducerConfig): boolean {
  return name === MAIN_RENDITION || renditions.some((rendition) => rendition === name);
}
