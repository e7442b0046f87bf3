import {
  type CameraStatus,
  type Frame,
  JPEG_RENDITION,
  LOW_RENDITION,
  MAIN_RENDITION,
  MessageEncoder,
} from "@porthole/protocol";
import { createRedact, logFor, logWith } from "@porthole/protocol/service";
import { CameraSupervisor } from "./camera_supervisor.ts";
import type { ProducerConfig } from "./config.ts";
import { DerivedRendition, type DerivedRenditionSpec } from "./derived_rendition.ts";
import { SequenceCounter } from "./frame_reader.ts";
import { jpegRendition } from "./jpeg_rendition.ts";
import { lowRendition } from "./low_rendition.ts";
import type { Report } from "./report.ts";
import { SourceOnDemand } from "./source_on_demand.ts";
import { Uplink } from "./uplink.ts";

/** Who else wants to know how a camera is. */
export interface ProducerHooks {
  readonly report: Report;
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
  { report, onStatus }: ProducerHooks,
  signal: AbortSignal,
): Promise<void> {
  const { streamId } = config.uplink;
  const redact = createRedact(config.secrets);
  const isJpegOnly = config.camera.codecMode === "jpeg";
  const encoder = new MessageEncoder();

  const publish = (frame: Frame) => {
    report.countFrame(frame);
    uplink.offer({ frame, bytes: encoder.encodePrefixed(frame) });
  };
  const { targetFps } = config.jpeg;
  const derived = (spec: DerivedRenditionSpec) =>
    new DerivedRendition({ streamId, spec, targetFps, redact, onFrame: publish });
  const jpegSequence = new SequenceCounter();
  await using jpeg = derived(jpegRendition(config.jpeg, jpegSequence));
  await using low = derived(lowRendition(targetFps, new SequenceCounter()));
  // Where JPEG is all there is, it is always made and nothing else ever.
  const made = isJpegOnly ? [] : [jpeg, low].filter(({ name }) => isMade(name, config));
  const uplink = new Uplink({
    config: config.uplink,
    maxWaitingJpegs: config.jpeg.bufferFrames,
    software: "porthole-producer",
    name: config.name,
    offers: offersOf(config),
    onDemand: (wanted) => {
      made.forEach((rendition) => rendition.want(wanted.includes(rendition.name)));
      source?.want(wanted.length > 0);
    },
    onDelivered: (delayMs) => report.countDelivery(delayMs),
  });
  const tell = (status: CameraStatus) => {
    uplink.setStatus(status);
    onStatus?.(status);
  };
  const forget = () => {
    uplink.forgetGops();
    jpeg.sourceEnded();
    low.sourceEnded();
  };
  const camera = new CameraSupervisor({
    streamId,
    camera: config.camera,
    jpeg: config.jpeg,
    retry: config.retry,
    redact,
    jpegSequence,
    onFrame: (frame) => {
      const isMain = frame.rendition === MAIN_RENDITION;
      if (!(isMain && isJpegOnly)) publish(frame);
      if (!isMain) return;
      for (const rendition of made) rendition.feed(frame);
      if (isJpegOnly) jpeg.feed(frame);
    },
    onEnd: forget,
    onStatus: (status) => source === undefined ? tell(status) : source.status(status),
  });
  const source = !config.isOnDemand ? undefined : new SourceOnDemand({
    run: (opened) => camera.run(opened).then(forget),
    onStatus: tell,
    log: logWith(log, { stream: streamId }),
  });

  if (isJpegOnly) jpeg.want(true);
  using _discards = report.countDiscards(() => uplink.discarded);
  try {
    await Promise.all([(source ?? camera).run(signal), uplink.run(signal)]);
  } finally {
    // Both at once: disposing of them waits for one after the other.
    jpeg.want(false);
    low.want(false);
  }
}

/** What is made while ingest has somebody who wants it: of a camera on demand, everything. */
function offersOf({ camera, isOnDemand, renditions }: ProducerConfig): readonly string[] {
  if (camera.codecMode === "jpeg") return isOnDemand ? [JPEG_RENDITION] : [];
  const made = [JPEG_RENDITION, LOW_RENDITION].filter((name) =>
    renditions.some((rendition) => rendition === name)
  );
  return isOnDemand ? [MAIN_RENDITION, ...made] : made;
}

function isMade(name: string, { renditions }: ProducerConfig): boolean {
  return renditions.some((rendition) => rendition === name);
}
