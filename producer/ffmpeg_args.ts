import { type CameraSource, cameraSourceArgs } from "./camera_script.ts";
import type { JpegConfig } from "./config.ts";
import type { ColourProperty, VideoColours } from "./h264/colours.ts";

/**
 * What FFmpeg is to make of the camera.
 * - `passthrough`: the camera's own H.264 in FLV, not one bit touched
 * - `passthrough-h265`: the camera's own H.265 in NUT, which carries it whatever FFmpeg's age; FLV
 *   does since 6.1
 * - `transcode`: any codec to H.264 in FLV
 * - `jpeg`: any codec to JPEG in SMJPEG
 */
export type CameraPlan = "passthrough" | "passthrough-h265" | "transcode" | "jpeg";

/** How access units of the camera's come on FFmpeg's standard input. */
export type MainFormat = "flv" | "matroska";

/** What the camera sends, as far as what is made from it depends on it. */
export interface MainSource {
  readonly format: MainFormat;
  readonly colours: VideoColours;
  /** Pictures before this time are decoded, not encoded: they only lead up to the live one. */
  readonly fromPtsMs: number;
  /** Frames a second that will be encoded, as far as can be told. */
  readonly fps: number;
}

const QUIET = ["-hide_banner", "-loglevel", "error"];
const TO_STDOUT = ["-flush_packets", "1", "pipe:1"];

/** No packet waits for a probe that nobody needs. Not `nobuffer`: it loses the first IDR. */
const FAST_PROBE = ["-probesize", "32", "-analyzeduration", "0"];

/** One thread: frame threads would each hold a picture back. */
const DECODE_AT_ONCE = ["-threads", "1"];

/** Wider pictures than this are not encoded in software on a machine that serves live video. */
const MAX_TRANSCODED_WIDTH_PX = 1920;
/** Under one second, so that force_key_frames keeps the GOP within it whatever the frame rate. */
const ENCODED_GOP_S = 0.95;

export interface CameraInput extends CameraSource {
  readonly plan: CameraPlan;
}

/**
 * FFmpeg's arguments for the camera. Its URL is none of them, for they are there for everyone on the
 * machine to read: FFmpeg waits for {@link cameraScript} on its standard input.
 */
export function cameraArgs({ plan, ...source }: CameraInput, jpeg: JpegConfig): string[] {
  return [
    ...QUIET,
    ...(plan === "transcode" || plan === "jpeg" ? DECODE_AT_ONCE : []),
    ...cameraSourceArgs(source),
    ...["-map", "0:v:0"],
    ...cameraOutput(plan, jpeg),
    ...nameForPeople(source),
    ...TO_STDOUT,
  ];
}

/** For who looks at `ps` for a camera's FFmpeg; none of the outputs has room for it. */
function nameForPeople({ url }: CameraSource): string[] {
  const { protocol, host } = new URL(url);
  return ["-metadata:s:v", `camera=${protocol}//${host}/`];
}

function cameraOutput(plan: CameraPlan, jpeg: JpegConfig): string[] {
  switch (plan) {
    case "passthrough":
      return ["-c:v", "copy", ...FLV];
    case "passthrough-h265":
      return ["-c:v", "copy", "-f", "nut"];
    case "transcode":
      return [...H264, ...FLV];
    case "jpeg":
      return jpegOutput(jpeg, [pace(jpeg.targetFps), toJpegColours(jpeg)]);
  }
}

/** FFmpeg's arguments to make JPEGs of what the camera sends, which comes on standard input. */
export function jpegFromMainArgs(source: MainSource, jpeg: JpegConfig): string[] {
  const { assumed, unnamed, fullRange } = source.colours;
  const matrix = unnamed.includes("matrix") ? assumed : "auto";
  return [
    ...fromMain(source),
    ...jpegOutput(jpeg, [
      fromLive(source),
      pace(jpeg.targetFps),
      toJpegColours(jpeg, matrix, fullRange ? "pc" : "tv"),
    ]),
    ...TO_STDOUT,
  ];
}

/** FFmpeg's arguments to make the main rendition of H.265, which comes on standard input. */
export function mainFromSourceArgs(source: MainSource): string[] {
  const range = `in_range=${source.colours.fullRange ? "pc" : "tv"}`;
  const filters = [
    fromLive(source),
    `${TRANSCODED_SIZE}:${range}`,
    SQUARE_PIXELS_STAY_SQUARE,
    ...nameColours(source.colours),
    STRICTLY_RISING,
  ];
  return [
    ...fromMain(source),
    ...["-vf", filters.join(",")],
    ...TRANSCODED,
    ...KEEP_TIMES,
    ...FLV,
    ...TO_STDOUT,
  ];
}

/** FFmpeg's arguments to make the low rendition of what the camera sends, FLV out. */
export function lowFromMainArgs(source: MainSource, targetFps: number): string[] {
  const range = `in_range=${source.colours.fullRange ? "pc" : "tv"}:out_range=tv`;
  const filters = [
    fromLive(source),
    pace(targetFps),
    `scale=${LOW_SIZE}:${range}:flags=bilinear`,
    SQUARE_PIXELS_STAY_SQUARE,
    ...nameColours(source.colours),
    STRICTLY_RISING,
  ];
  return [
    ...fromMain(source),
    ...["-vf", filters.join(",")],
    ...BASELINE_AT_ONCE,
    // More threads cut each picture into slices: more work for the same latency at this size.
    ...["-threads", "1"],
    ...LOW_RATE,
    // A rate of bits is one of bits a frame to the encoder, and what an SPS says of its fps is not
    // always so.
    ...["-x264-params", `fps=${source.fps.toFixed(3)}`],
    ...KEYFRAME_EACH_SECOND,
    ...KEEP_TIMES,
    ...FLV,
    ...TO_STDOUT,
  ];
}

function fromMain({ format }: MainSource): string[] {
  return [
    ...QUIET,
    ...DECODE_AT_ONCE,
    ...FAST_PROBE,
    // Timestamps come out as they went in, so that each frame finds its access unit again.
    "-copyts",
    ...["-protocol_whitelist", "pipe", "-f", format, "-i", "pipe:0"],
  ];
}

function fromLive({ fromPtsMs }: MainSource): string {
  return `select='gte(t,${fromPtsMs / 1000})'`;
}

const FLV = ["-flvflags", "no_duration_filesize+no_metadata", "-f", "flv"];

const TRANSCODED_SIZE = `scale=w='min(${MAX_TRANSCODED_WIDTH_PX},trunc(iw/2)*2)':h=-2:out_range=tv`;
/**
 * The matrix stays the camera's. MJPEG names no primaries, though, and a browser that finds one of
 * the three unnamed guesses the matrix as well.
 */
const FULLY_TAGGED = "setparams=color_primaries=bt709:color_trc=bt709";

/** H.264 that every browser decodes and that no decoder holds back: no B-frames, no look-ahead. */
const BASELINE_AT_ONCE = [
  ...["-pix_fmt", "yuv420p"],
  ...["-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-profile:v", "baseline"],
  ...["-bf", "0"],
];

/** Counted from the one before, so that a pause is not made up for by a row of keyframes. */
const KEYFRAME_EACH_SECOND = [
  "-force_key_frames",
  `expr:if(isnan(prev_forced_t),1,not(between(t-prev_forced_t,0,${ENCODED_GOP_S})))`,
];

const TRANSCODED = [
  ...BASELINE_AT_ONCE,
  ...["-crf", "23", "-maxrate", "4M", "-bufsize", "1M"],
  ...KEYFRAME_EACH_SECOND,
];

const H264 = [
  ...["-vf", `${TRANSCODED_SIZE},${FULLY_TAGGED}`],
  ...TRANSCODED,
  ...["-fps_mode", "passthrough"],
];

const LOW_SIZE = "w='min(640,trunc(iw/2)*2)':h=-2";
/**
 * An even height is not quite the picture's shape, and FFmpeg would call the pixels oblong by a
 * thousandth: a player then shows another width than the one that was encoded.
 */
const SQUARE_PIXELS_STAY_SQUARE = "setsar=r=sar:max=100";
/**
 * A constant rate, bounded over three eighths of a second: keyframes are of 19 KB at most, mostly of
 * 5 to 13, and the delta frames before leave room for them. (With -crf in place of -b:v they leave
 * none: keyframes of 4 KB that one sees.) `-qmin` keeps a still picture from being polished without
 * end: it takes a tenth of the rate.
 */
const LOW_RATE = [
  ...["-b:v", "400k", "-maxrate", "400k", "-bufsize", "150k", "-qmin", "18"],
  // Keyframes come each second anyway; one more would be paid for by the frames after it.
  ...["-sc_threshold", "0"],
];

const COLOUR_OPTIONS: Readonly<Record<ColourProperty, string>> = {
  matrix: "colorspace",
  primaries: "color_primaries",
  transfer: "color_trc",
};

/**
 * What the camera names stays. What it does not name players guess, most of them by the size, and
 * this size is another one: it is named.
 */
function nameColours({ assumed, unnamed }: VideoColours): string[] {
  if (unnamed.length === 0) return [];
  const name = assumed === "bt709" ? "bt709" : "smpte170m";
  return [
    `setparams=${unnamed.map((property) => `${COLOUR_OPTIONS[property]}=${name}`).join(":")}`,
  ];
}

/**
 * The MJPEG encoder ends at a second picture of the same time, as a camera that stumbles may send.
 * By RTP's clock the step is far below the ms that SMJPEG and FLV keep.
 */
const STRICTLY_RISING = "settb=1/90000,setpts='if(isnan(PREV_OUTPTS),PTS,max(PTS,PREV_OUTPTS+1))'";

const KEEP_TIMES = [
  ...["-fps_mode", "passthrough"],
  // At first the encoder guesses its clock too coarse, and takes two pictures for simultaneous.
  ...["-enc_time_base", "1:90000"],
];

function jpegOutput(jpeg: JpegConfig, filters: readonly string[]): string[] {
  return [
    ...["-vf", [...filters, STRICTLY_RISING].join(",")],
    ...["-pix_fmt", "yuvj420p"],
    ...["-c:v", "mjpeg", "-threads", "1"],
    ...["-q:v", String(quantiserScaleFor(jpeg.quality))],
    ...KEEP_TIMES,
    ...["-f", "smjpeg"],
  ];
}

/**
 * Lets through at most `fps` frames a second: each frame earns the time since the one before it,
 * and one frame's worth is spent to pass. The half frame in hand keeps a camera whose timestamps
 * jitter around the same rate from losing any; the cap keeps a pause from paying for a burst. Time
 * that is unknown or goes back, as it may when a camera sets its clock, neither earns nor costs.
 */
function pace(fps: number): string {
  const earn = `st(0,if(isnan(t-prev_t),1.5,min(2,ld(0)+max(0,t-prev_t)*${fps})))`;
  const spend = "if(gte(ld(0),1),st(0,ld(0)-1)+1,0)";
  return `select='${earn}*0+${spend}'`;
}

/** JPEGs are BT.601 at full range by definition (JFIF 1.02), whatever the camera uses. */
function toJpegColours(
  { maxWidthPx }: JpegConfig,
  matrix: VideoColours["assumed"] | "auto" = "auto",
  range: "auto" | "pc" | "tv" = "auto",
): string {
  const size = `w='min(${maxWidthPx},trunc(iw/2)*2)':h=-2`;
  return `scale=${size}:in_color_matrix=${matrix}:in_range=${range}` +
    ":out_color_matrix=bt601:out_range=pc";
}

const COARSEST = 31;
const FINEST = 2;
/** FFmpeg's quantiser scale that gives tables as coarse, on average, as IJG's at 100 %. */
const SCALE_AT_100_PERCENT = 14.4;

/**
 * A JPEG quality of 1-100 as FFmpeg's `-q:v` (2 finest, 31 coarsest).
 *
 * IJG scales its standard tables (mean 57.6) by 5000/quality percent below 50 and by
 * 200 - 2·quality from there; FFmpeg scales MPEG's intra matrix (mean 32) by q/8. Equal means give
 * q = 0.144 · percent: 85 is 4, 50 is 14, 23 and below are 31.
 */
export function quantiserScaleFor(quality: number): number {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  const scale = Math.round(SCALE_AT_100_PERCENT * percent / 100);
  return Math.min(COARSEST, Math.max(FINEST, scale));
}
