import { CAMERA_CURES } from "./camera_cure.ts";
import type { CameraFailure } from "./camera_failure.ts";
import { figuresOf, type SampledPicture, type SampleFigures } from "./probe_sample.ts";
import type { OfferedMedia } from "./session_description.ts";

/** What was seen of a camera. */
export interface ProbeReport {
  /** Its version. */
  readonly ffmpeg: string;
  readonly url: URL;
  readonly description: readonly OfferedMedia[];
  readonly codec: string | undefined;
  /** `WIDTHxHEIGHT` */
  readonly size: string | undefined;
  readonly isPassedThrough: boolean;
  readonly pictures: readonly SampledPicture[];
  readonly firstPictureMs: number | undefined;
  readonly failure: CameraFailure | undefined;
}

/** As FFmpeg calls it. */
const H265 = "hevc";
/** Longer ones make who joins wait, or have `low` made for them (SPEC.md, 8). */
const LONG_GOP_PICTURES = 60;

/** In words for a bug report: nothing in them says how to get at the camera. Pure. */
export function reportText(report: ProbeReport): string {
  const { ffmpeg, url, description, codec, size, firstPictureMs, failure, pictures } = report;
  const figures = figuresOf(pictures);
  const lines: (readonly [string, string | undefined])[] = [
    ["camera", `${url.protocol}//${url.host}/… (password, path and query left out)`],
    ["ffmpeg", ffmpeg],
    ["transport", url.protocol === "rtsps:" ? "RTSP over TLS" : "RTSP, interleaved in TCP"],
    ["failure", failure === undefined ? undefined : `${failure.cause} (${failure.code})`],
    ["cure", failure === undefined ? undefined : CAMERA_CURES[failure.code]],
    ["offers", description.map(({ kind, encoding }) => `${kind} ${encoding}`.trim()).join(", ")],
    [
      "audio",
      description.length === 0
        ? undefined
        : description.some(({ kind }) => kind === "audio")
        ? "yes, not used"
        : "none",
    ],
    ["codec", codec],
    ["size", size],
    ["first picture", firstPictureMs && `after ${firstPictureMs.toFixed(0)} ms`],
    ...(pictures.length === 0 ? [] : figureLines(figures)),
    ["in Porthole", pictures.length === 0 ? undefined : verdict(report, figures)],
  ].map(([name, text]) => [String(name), text === 0 ? undefined : text] as const);
  return lines.flatMap(([name, text]) => text ? `${`${name}:`.padEnd(16)}${text}` : []).join("\n");
}

function figureLines(figures: SampleFigures): [string, string][] {
  const { fps, kbps, gopPictures, slices, largestKeyframeBytes, seconds } = figures;
  const [fewest, most] = slices ?? [];
  return [
    ["seen", `${figures.pictures} pictures in ${seconds.toFixed(1)} s`],
    ["frame rate", fps === undefined ? "not known" : `${fps.toFixed(1)} fps`],
    ["bitrate", kbps === undefined ? "not known" : `${kbps.toFixed(0)} kbit/s`],
    ["keyframes", gopText(gopPictures, fps)],
    ["largest one", `${(largestKeyframeBytes / 1000).toFixed(0)} KB`],
    ["slices", slices === undefined ? "not counted" : rangeText(fewest, most) + " a picture"],
    ["B-frames", figures.isReordered ? "yes: each delays the picture" : "none seen"],
  ];
}

function gopText(pictures: number | undefined, fps: number | undefined): string {
  if (pictures === undefined) return "fewer than two seen";
  const apart = fps === undefined ? "" : ` (${(pictures / fps).toFixed(1)} s)`;
  const advice = pictures > LONG_GOP_PICTURES ? "; set one a second for quick joining" : "";
  return `every ${pictures} pictures${apart}${advice}`;
}

function rangeText(fewest = 0, most = 0): string {
  return fewest === most ? String(most) : `${fewest} to ${most}`;
}

function verdict({ isPassedThrough, codec }: ProbeReport, { isReordered }: SampleFigures): string {
  if (codec === H265) {
    return "passes as it is to browsers that play H.265, and is transcoded to H.264 while others " +
      "watch, which takes CPU";
  }
  if (!isPassedThrough) return "is transcoded to H.264, which takes CPU; H.264 would pass as it is";
  return isReordered ? "passes as it is, later than without B-frames" : "passes as it is";
}
