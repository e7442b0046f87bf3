import { FlvDemuxer } from "../../producer/demux/flv.ts";
import { MAX_NUMBER, numberFilters } from "./picture_number.ts";

export interface NumberedClipOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  /** What the picture is filled with below its number; a name that FFmpeg knows. */
  readonly colour: string;
  /** Something that moves in the place of the colour, which costs a decoder what a camera does. */
  readonly isBusy?: boolean;
  /** As many as it takes, by default. */
  readonly kbps?: number;
  readonly fps: number;
  readonly seconds: number;
  /** Frames from one keyframe to the next. */
  readonly gopFrames: number;
}

export interface ClipUnit {
  readonly data: Uint8Array;
  readonly key: boolean;
}

/** H.264 access units whose pictures carry their own number, from 0 on. */
export interface NumberedClip {
  readonly options: NumberedClipOptions;
  /** RFC 6381 */
  readonly codec: string;
  /** H.264 alone has one. */
  readonly config?: Uint8Array;
  readonly units: readonly ClipUnit[];
}

/**
 * Has FFmpeg make a clip.
 *
 * @throws {Error} with what FFmpeg printed, when it fails
 */
export async function makeNumberedClip(options: NumberedClipOptions): Promise<NumberedClip> {
  const { widthPx, heightPx, colour, fps, seconds, gopFrames } = options;
  if (fps * seconds > MAX_NUMBER + 1) throw new RangeError("more frames than can be numbered");
  const what = options.isBusy === true ? "testsrc2=" : `color=${colour}:`;
  const source = `${what}size=${widthPx}x${heightPx}:rate=${fps}:duration=${seconds}`;
  const { success, stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", source],
      ...["-vf", numberFilters().join(","), "-pix_fmt", "yuv420p"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-bf", "0"],
      ...(options.kbps === undefined ? [] : ["-b:v", `${options.kbps}k`]),
      ...["-g", `${gopFrames}`, "-keyint_min", `${gopFrames}`, "-sc_threshold", "0"],
      ...["-f", "flv", "pipe:1"],
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`FFmpeg made no clip: ${new TextDecoder().decode(stderr)}`);
  return clipOf(options, stdout);
}

function clipOf(options: NumberedClipOptions, flv: Uint8Array): NumberedClip {
  const units: ClipUnit[] = [];
  let config: Uint8Array | undefined;
  for (const video of new FlvDemuxer().push(flv)) {
    if (video.kind === "configuration") config ??= video.config;
    else units.push(video);
  }
  if (config === undefined) throw new Error("FFmpeg's clip has no decoder configuration");
  return { options, codec: `avc1.${config.subarray(1, 4).toHex()}`, config, units };
}
