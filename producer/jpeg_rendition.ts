import { JPEG_RENDITION } from "@porthole/protocol";
import type { JpegConfig } from "./config.ts";
import type { DerivedRenditionSpec } from "./derived_rendition.ts";
import { jpegFromMainArgs } from "./ffmpeg_args.ts";
import { JpegFrameReader, type SequenceCounter } from "./frame_reader.ts";

/** JPEGs of the main rendition, for viewers that decode nothing else and for snapshots. */
export function jpegRendition(jpeg: JpegConfig, sequence: SequenceCounter): DerivedRenditionSpec {
  return {
    name: JPEG_RENDITION,
    dependsOnFps: false,
    args: (source) => jpegFromMainArgs(source, jpeg),
    reader: (timesOf) => new JpegFrameReader(sequence, timesOf),
  };
}
