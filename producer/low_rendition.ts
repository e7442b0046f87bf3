import { LOW_RENDITION } from "@porthole/protocol";
import type { DerivedRenditionSpec } from "./derived_rendition.ts";
import { lowFromMainArgs } from "./ffmpeg_args.ts";
import { H264FrameReader, type SequenceCounter } from "./frame_reader.ts";

/** The main rendition at 400 kbps and at most 640 px wide, for viewers on a slow link. */
export function lowRendition(targetFps: number, sequence: SequenceCounter): DerivedRenditionSpec {
  return {
    name: LOW_RENDITION,
    dependsOnFps: true,
    args: (source) => lowFromMainArgs(source, targetFps),
    reader: (timesOf) => new H264FrameReader(sequence, LOW_RENDITION, timesOf),
  };
}
