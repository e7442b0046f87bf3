import { MAIN_RENDITION } from "@porthole/protocol";
import type { DerivedRenditionSpec } from "./derived_rendition.ts";
import { mainFromSourceArgs } from "./ffmpeg_args.ts";
import { H264FrameReader, type SequenceCounter } from "./frame_reader.ts";

/** H.264 of a camera that sends H.265, for viewers that do not play that. */
export function mainRendition(sequence: SequenceCounter): DerivedRenditionSpec {
  return {
    name: MAIN_RENDITION,
    dependsOnFps: false,
    args: (source) => mainFromSourceArgs(source),
    reader: (timesOf) => new H264FrameReader(sequence, MAIN_RENDITION, timesOf),
  };
}
