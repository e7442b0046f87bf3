import { type Frame, MAIN_RENDITION, MessageEncoder } from "@porthole/protocol";
import { createRedact, logFor } from "@porthole/protocol/service";
import { CameraSupervisor } from "./camera_supervisor.ts";
import type { ProducerConfig } from "./config.ts";
import { DerivedRendition, type DerivedRenditionSpec } from "./derived_rendition.ts";
import { SequenceCounter } from "./frame_reader.ts";
import { jpegRendition } from "./jpeg_rendition.ts";
import { lowRendition } from "./low_rendition.ts";
import { Report } from "./report.ts";
import { Uplink } from "./uplink.ts";

const REPORT_INTERVAL_MS = 5_000;

const log = logFor("producer");

/**
 * One camera to one ingest, until `signal` is aborted: camera → frames → uplink, and on demand
 * main → JPEG or low → uplink. Resolves when FFmpeg is gone and the publish is closed.
 *
 * @throws {FfmpegMissingError}
 */
export async function produce(config: ProducerConfig, signal: AbortSignal): Promise<void> {
  const redact = createRedact(config.secrets);
  const isJpegOnly = config.camera.codecMode === "jpeg";
  const encoder = new MessageEncoder();
  const report = new Report();

  const publish = (frame: Frame) => {
    report.countFrame(frame);
    uplink.offer({ frame, bytes: encoder.encodePrefixed(frame) });
  };
  const { targetFps } = config.jpeg;
  const derived = (spec: DerivedRenditionSpec) =>
    new DerivedRendition({ spec, targetFps, redact, onFrame: publish });
  const jpegSequence = new SequenceCounter();
  await using jpeg = derived(jpegRendition(config.jpeg, jpegSequence));
  await using low = derived(lowRendition(targetFps, new SequenceCounter()));
  // Where JPEG is all there is, it is always made and nothing else ever.
  const onDemand = isJpegOnly ? [] : [jpeg, low];
  const uplink = new Uplink({
    config: config.uplink,
    maxWaitingJpegs: config.jpeg.bufferFrames,
    software: "porthole-producer",
    offers: onDemand.map(({ name }) => name),
    onDemand: (wanted) => onDemand.forEach((made) => made.want(wanted.includes(made.name))),
    onDelivered: (delayMs) => report.countDelivery(delayMs),
  });
  const camera = new CameraSupervisor({
    camera: config.camera,
    jpeg: config.jpeg,
    retry: config.retry,
    redact,
    jpegSequence,
    onFrame: (frame) => {
      const isMain = frame.rendition === MAIN_RENDITION;
      if (!(isMain && isJpegOnly)) publish(frame);
      if (!isMain) return;
      jpeg.feed(frame);
      low.feed(frame);
    },
    onEnd: () => {
      uplink.forgetGops();
      jpeg.sourceEnded();
      low.sourceEnded();
    },
    onStatus: (status) => uplink.setStatus(status),
  });

  if (isJpegOnly) jpeg.want(true);
  const reporting = setInterval(() => report.write(log, uplink.discarded), REPORT_INTERVAL_MS);
  try {
    await Promise.all([camera.run(signal), uplink.run(signal)]);
  } finally {
    clearInterval(reporting);
    // Both at once: disposing of them waits for one after the other.
    jpeg.want(false);
    low.want(false);
  }
}
