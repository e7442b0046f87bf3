import {
  CLOCK_BITS,
  CLOCK_CELL_PX,
  CLOCK_HEIGHT_PX,
  CLOCK_WIDTH_PX,
  FIRST_BIT_CELL,
  PARITY_CELL,
} from "./clock_pattern.ts";
import { QUADRANT_COLOURS, type RgbColour } from "./known_colours.ts";

export const CAMERA_CODECS = ["h264", "h265", "mjpeg"] as const;
export type CameraCodec = typeof CAMERA_CODECS[number];

/** `test`: FFmpeg's testsrc2 and a readable clock. `colours`: four flat quadrants of known colour. */
export const CAMERA_PATTERNS = ["test", "colours"] as const;
export type CameraPattern = typeof CAMERA_PATTERNS[number];

export interface TestPictureOptions {
  readonly codec: CameraCodec;
  readonly pattern: CameraPattern;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  /** Frames from one keyframe to the next. */
  readonly gopFrames: number;
  /** Slices an access unit, exactly; H.264 only. */
  readonly slices: number;
  /** At most, over half a second; MJPEG has a fixed quality instead. */
  readonly bitrateKbps: number;
  /** For the readable clock; without one there is none. */
  readonly fontFile?: string;
}

/**
 * Times in the filter graph count from here: a multiple both of the machine-readable clock's period
 * (2^24 ms) and of a second, so that both clocks follow from the frame's time alone.
 */
const CLOCK_EPOCH_PERIOD_MS = 2 ** 24 * 125;
const MARKER_STEPS = 16;
const MARKER_HEIGHT_PX = 32;

/** FFmpeg's arguments: makes the picture at the wall clock's pace and pushes it to `publishUrl`. */
export function testPictureArgs(
  options: TestPictureOptions,
  publishUrl: string,
  nowMs: number,
): string[] {
  const epochMs = Math.floor(nowMs / CLOCK_EPOCH_PERIOD_MS) * CLOCK_EPOCH_PERIOD_MS;
  return [
    ...["-nostdin", "-hide_banner", "-loglevel", "error"],
    ...["-filter_threads", "1", "-f", "lavfi", "-i", pictureSource(options)],
    ...["-vf", stampFilters(options, epochMs).join(",")],
    ...["-an", "-fps_mode", "passthrough", "-enc_time_base", "1:1000"],
    ...encoderArgs(options),
    ...["-f", "rtsp", "-rtsp_transport", "tcp", publishUrl],
  ];
}

/** The picture before the clocks, in the encoder's pixel format and colour space. */
function pictureSource(options: TestPictureOptions): string {
  const { widthPx, heightPx, fps } = options;
  const size = `size=${widthPx}x${heightPx}:rate=${fps}`;
  const isJpeg = options.codec === "mjpeg";
  if (options.pattern === "colours") {
    // Converted from RGB once, then repeated.
    const toYuv = isJpeg
      ? "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p"
      : "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p";
    return `color=black:${size},format=gbrp,${quadrants()},${toYuv},loop=loop=-1:size=1,` +
      `setpts=N/${fps}/TB`;
  }
  // testsrc2 draws YUV by BT.601, limited range; JPEG is BT.601, full range (JFIF, page 3).
  const toYuv = isJpeg
    ? "scale=in_color_matrix=bt601:in_range=tv:out_color_matrix=bt601:out_range=pc,format=yuvj420p"
    : "colorspace=iall=smpte170m:all=bt709:fast=1";
  return `testsrc2=${size},format=yuv420p,${toYuv}`;
}

function quadrants(): string {
  const { topLeft, topRight, bottomLeft, bottomRight } = QUADRANT_COLOURS;
  const plane = (channel: keyof RgbColour) =>
    `if(lt(Y,H/2),if(lt(X,W/2),${topLeft[channel]},${topRight[channel]}),` +
    `if(lt(X,W/2),${bottomLeft[channel]},${bottomRight[channel]}))`;
  return `geq=r='${plane("red")}':g='${plane("green")}':b='${plane("blue")}'`;
}

/**
 * `realtime` sleeps until the frame is due, and only then is its time taken: the sleep is exact to
 * under a ms, whereas `-re` polls every 10 ms. What is drawn afterwards reads the time as `t`.
 */
function stampFilters(options: TestPictureOptions, epochMs: number): string[] {
  return [
    "realtime",
    "settb=1/1000",
    `setpts=floor(RTCTIME/1000)-${epochMs}`,
    ...machineReadableClock(),
    ...(options.pattern === "colours" ? marker(options) : []),
    ...readableClock(options, epochMs),
    // Strictly rising: after a stall two pictures may be made in one ms, which MJPEG's encoder refuses.
    "setpts='if(isnan(PREV_OUTPTS),0,max(PTS-STARTPTS,PREV_OUTPTS+1))'",
  ];
}

function machineReadableClock(): string[] {
  const bitOf = (shift: number) => `mod(floor(floor(t*1000+0.5)/${2 ** shift}),2)`;
  const shifts = Array.from({ length: CLOCK_BITS }, (_, index) => CLOCK_BITS - 1 - index);
  const whiteWhen = (cell: number, condition: string) =>
    `${clockBox(cell, 1, "white")}:enable='${condition}'`;
  return [
    `drawbox=x=0:y=0:w=${CLOCK_WIDTH_PX}:h=${CLOCK_HEIGHT_PX}:color=black:thickness=fill`,
    clockBox(0, 1, "white"),
    ...shifts.map((shift, index) => whiteWhen(FIRST_BIT_CELL + index, bitOf(shift))),
    whiteWhen(PARITY_CELL, `mod(${shifts.map(bitOf).join("+")},2)`),
  ];
}

function clockBox(cell: number, cells: number, colour: string): string {
  const x = cell * CLOCK_CELL_PX;
  const width = cells * CLOCK_CELL_PX;
  return `drawbox=x=${x}:y=0:w=${width}:h=${CLOCK_HEIGHT_PX}:color=${colour}:thickness=fill`;
}

/** A white block that walks along the bottom, once around a second: something must move. */
function marker({ widthPx, heightPx }: TestPictureOptions): string[] {
  const y = heightPx - MARKER_HEIGHT_PX;
  const box = (x: number, width: number, colour: string) =>
    `drawbox=x=${x}:y=${y}:w=${width}:h=${MARKER_HEIGHT_PX}:color=${colour}:thickness=fill`;
  const stepPx = Math.floor(widthPx / MARKER_STEPS);
  return [
    box(0, widthPx, "black"),
    ...Array.from(
      { length: MARKER_STEPS },
      (_, step) =>
        `${box(step * stepPx, stepPx, "white")}:` +
        `enable='eq(mod(floor(t*${MARKER_STEPS}),${MARKER_STEPS}),${step})'`,
    ),
  ];
}

function readableClock(
  { heightPx, fontFile }: TestPictureOptions,
  epochMs: number,
): string[] {
  if (fontFile === undefined) return [];
  const fontPx = Math.max(16, Math.round(heightPx / 15));
  const margin = Math.round(fontPx / 2);
  const time = `%{pts\\:localtime\\:${epochMs / 1000}\\:%H\\\\\\:%M\\\\\\:%S}`;
  const ms = "%{eif\\:mod(floor(t*1000+0.5)\\,1000)\\:d\\:3}";
  return [
    `drawtext=fontfile='${fontFile}':text='${time}.${ms}':fontsize=${fontPx}:fontcolor=white:` +
    `box=1:boxcolor=black:boxborderw=${Math.round(fontPx / 4)}:` +
    `x=${margin}:y=h-th-${margin}`,
  ];
}

function encoderArgs(options: TestPictureOptions): string[] {
  const bitrate = [
    ...["-b:v", `${options.bitrateKbps}k`, "-maxrate", `${options.bitrateKbps}k`],
    ...["-bufsize", `${Math.ceil(options.bitrateKbps / 2)}k`],
  ];
  const gop = ["-g", `${options.gopFrames}`, "-keyint_min", `${options.gopFrames}`, "-bf", "0"];
  const fast = ["-preset", "ultrafast", "-tune", "zerolatency"];
  // In-band parameter sets before every keyframe, as cameras send them, besides those in the SDP.
  switch (options.codec) {
    case "h264":
      return [
        ...["-c:v", "libx264", ...fast, ...gop, ...bitrate, ...BT709_TAGS],
        ...["-sc_threshold", "0", "-threads", "1", "-slices", `${options.slices}`],
        // zerolatency cuts a slice a thread; the number of slices shall be the one asked for.
        ...["-x264-params", "sliced-threads=0:repeat-headers=1"],
      ];
    case "h265":
      return [
        ...["-c:v", "libx265", ...fast, ...gop, ...bitrate, ...BT709_TAGS],
        "-x265-params",
        `log-level=error:keyint=${options.gopFrames}:min-keyint=${options.gopFrames}:` +
        "scenecut=0:open-gop=0:bframes=0:frame-threads=1:pools=1:repeat-headers=1",
      ];
    case "mjpeg":
      return [
        ...["-c:v", "mjpeg", "-threads", "1", "-q:v", "6"],
        ...["-color_range", "pc", "-colorspace", "bt470bg"],
        // RFC 2435 carries no Huffman tables, and two quantization tables.
        ...["-huffman", "default", "-force_duplicated_matrix", "1"],
      ];
  }
}

const BT709_TAGS = [
  ...["-colorspace", "bt709", "-color_primaries", "bt709"],
  ...["-color_trc", "bt709", "-color_range", "tv"],
];
