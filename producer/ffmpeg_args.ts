import type { JpegConfig } from "./config.ts";

/**
 * What FFmpeg is to make of the camera.
 * - `passthrough`: the camera's own H.264 in FLV, not one bit touched
 * - `transcode`: any codec to H.264 in FLV
 * - `jpeg`: any codec to JPEG in SMJPEG
 */
export type CameraPlan = "passthrough" | "transcode" | "jpeg";

/** A YCbCr matrix, by the names FFmpeg's scale filter has for it. */
export type ColourMatrix = "bt601" | "bt709" | "auto";

/** What is known of the H.264 that JPEGs are made from. */
export interface JpegSource {
  readonly matrix: ColourMatrix;
  readonly fullRange: boolean;
  /** Pictures before this time are decoded, not encoded: they only lead up to the live one. */
  readonly fromPtsMs: number;
}

const QUIET = ["-nostdin", "-hide_banner", "-loglevel", "error"];
const TO_STDOUT = ["-flush_packets", "1", "pipe:1"];

/** No packet waits for a probe that the SDP answers already. Not `nobuffer`: it loses the first IDR. */
const FAST_PROBE = ["-probesize", "32", "-analyzeduration", "0"];
/** For cameras whose SDP lacks the parameter sets. */
const PATIENT_PROBE = ["-probesize", "1000000", "-analyzeduration", "2000000"];

/** One thread: frame threads would each hold a picture back. */
const DECODE_AT_ONCE = ["-threads", "1"];

/** Wider pictures than this are not encoded in software on a machine that serves live video. */
const MAX_TRANSCODED_WIDTH_PX = 1920;
/** Under one second, so that force_key_frames keeps the GOP within it whatever the frame rate. */
const TRANSCODED_GOP_S = 0.95;

export interface CameraInput {
  readonly url: string;
  readonly plan: CameraPlan;
  /** The SDP was not enough: read some packets before deciding. */
  readonly patient: boolean;
}

/** FFmpeg's arguments for the camera; the URL is one of them and never passes a shell. */
export function cameraArgs({ url, plan, patient }: CameraInput, jpeg: JpegConfig): string[] {
  return [
    ...QUIET,
    ...(plan === "passthrough" ? [] : DECODE_AT_ONCE),
    ...["-rtsp_transport", "tcp", "-timeout", "5000000", "-allowed_media_types", "video"],
    ...(patient ? PATIENT_PROBE : FAST_PROBE),
    ...["-i", url],
    ...["-map", "0:v:0"],
    ...cameraOutput(plan, jpeg),
    ...TO_STDOUT,
  ];
}

function cameraOutput(plan: CameraPlan, jpeg: JpegConfig): string[] {
  switch (plan) {
    case "passthrough":
      return ["-c:v", "copy", ...FLV];
    case "transcode":
      return [...H264, ...FLV];
    case "jpeg":
      return jpegOutput(jpeg, [pace(jpeg.targetFps), toJpegColours(jpeg, "auto")]);
  }
}

/** FFmpeg's arguments to make JPEGs from H.264 that comes as FLV on its standard input. */
export function jpegFromH264Args(source: JpegSource, jpeg: JpegConfig): string[] {
  return [
    ...QUIET.filter((argument) => argument !== "-nostdin"),
    ...DECODE_AT_ONCE,
    ...FAST_PROBE,
    // Timestamps come out as they went in, so that each JPEG finds its access unit again.
    "-copyts",
    ...["-f", "flv", "-i", "pipe:0"],
    ...jpegOutput(jpeg, [
      `select='gte(t,${source.fromPtsMs / 1000})'`,
      pace(jpeg.targetFps),
      toJpegColours(jpeg, source.matrix, source.fullRange ? "pc" : "tv"),
    ]),
    ...TO_STDOUT,
  ];
}

const FLV = ["-flvflags", "no_duration_filesize+no_metadata", "-f", "flv"];

const TRANSCODED_SIZE = `scale=w='min(${MAX_TRANSCODED_WIDTH_PX},trunc(iw/2)*2)':h=-2:out_range=tv`;
/**
 * The matrix stays the camera's. MJPEG names no primaries, though, and a browser that finds one of
 * the three unnamed guesses the matrix as well.
 */
const FULLY_TAGGED = "setparams=color_primaries=bt709:color_trc=bt709";

/** H.264 that every browser decodes and that no decoder holds back: no B-frames, no look-ahead. */
const H264 = [
  ...["-vf", `${TRANSCODED_SIZE},${FULLY_TAGGED}`],
  ...["-pix_fmt", "yuv420p"],
  ...["-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-profile:v", "baseline"],
  ...["-crf", "23", "-maxrate", "4M", "-bufsize", "1M", "-bf", "0"],
  ...["-force_key_frames", `expr:gte(t,n_forced*${TRANSCODED_GOP_S})`],
  ...["-fps_mode", "passthrough"],
];

/**
 * The MJPEG encoder ends at a second picture of the same time, as a camera that stumbles may send.
 * By RTP's clock the step is far below the ms that SMJPEG keeps.
 */
const STRICTLY_RISING = "settb=1/90000,setpts='if(isnan(PREV_OUTPTS),PTS,max(PTS,PREV_OUTPTS+1))'";

function jpegOutput(jpeg: JpegConfig, filters: readonly string[]): string[] {
  return [
    ...["-vf", [...filters, STRICTLY_RISING].join(",")],
    ...["-pix_fmt", "yuvj420p"],
    ...["-c:v", "mjpeg", "-threads", "1"],
    ...["-q:v", String(quantiserScaleFor(jpeg.quality))],
    ...["-fps_mode", "passthrough"],
    // At first the encoder guesses its clock too coarse, and takes two pictures for simultaneous.
    ...["-enc_time_base", "1:90000"],
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
  matrix: ColourMatrix,
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
