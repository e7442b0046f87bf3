import type { Redact } from "@porthole/protocol/service";
import type { FfmpegEnd } from "./ffmpeg_process.ts";

export type CameraFailureCode =
  | "unauthorized"
  | "not_found"
  | "refused"
  | "unreachable"
  | "unknown_host"
  | "no_video"
  | "not_h264"
  | "parameters_missing"
  | "stalled"
  | "ended"
  | "ffmpeg_failed";

/** Why there is no picture from the camera, in words that may be shown to anyone. */
export interface CameraFailure {
  readonly code: CameraFailureCode;
  readonly cause: string;
}

interface Sign {
  readonly pattern: RegExp;
  readonly code: CameraFailureCode;
  readonly cause: string;
}

/**
 * FFmpeg exits with 1 for all of these; only its words tell them apart. First match wins. A bare
 * number is no sign: the words contain the camera's URL, and `/Channels/401` is a common path.
 */
const SIGNS: readonly Sign[] = [
  {
    pattern: /(failed:|returned) 40[13]\b/,
    code: "unauthorized",
    cause: "camera refused the user name or password",
  },
  {
    pattern: /(failed:|returned) 404\b/,
    code: "not_found",
    cause: "camera has no stream at this path",
  },
  {
    pattern: /Connection refused/i,
    code: "refused",
    cause: "nothing listens at the camera's address and port",
  },
  {
    pattern: /Failed to resolve hostname|Name or service not known|nodename nor servname/i,
    code: "unknown_host",
    cause: "camera's host name is not known",
  },
  {
    pattern: /No route to host|unreachable|timed out|Operation not permitted|Host is down/i,
    code: "unreachable",
    cause: "camera cannot be reached or does not answer",
  },
  {
    // What FFmpeg makes of an answer that never comes, too.
    pattern: /^rtsps?:.*: Invalid data found when processing input/m,
    code: "unreachable",
    cause: "camera does not answer, or not by RTSP",
  },
  {
    pattern: /Cannot determine format of input stream/i,
    code: "ended",
    cause: "camera sent no pictures",
  },
  {
    pattern:
      /not compatible with flv|codec not currently supported in container|Tag .* incompatible/i,
    code: "not_h264",
    cause: "camera's video is not H.264",
  },
  {
    pattern: /Stream map .* matches no streams|does not contain any stream/i,
    code: "no_video",
    cause: "camera offers no video at this path",
  },
  {
    pattern: /Could not find codec parameters|dimensions not set|unspecified size|extradata/i,
    code: "parameters_missing",
    cause: "camera does not describe its video",
  },
];

const URL_IN_WORDS = /\b[a-z][a-z0-9+.-]*:\/\/\S*[^\s:]/gi;

/** What went wrong, by the words FFmpeg left behind. */
export function classifyFfmpegEnd(end: FfmpegEnd, redact: Redact): CameraFailure {
  const words = end.stderrTail.join("\n");
  const sign = SIGNS.find(({ pattern }) => pattern.test(words));
  if (sign !== undefined) return { code: sign.code, cause: sign.cause };
  const lastLine = end.stderrTail.at(-1);
  if (end.code === 0 || lastLine === undefined) {
    return { code: "ended", cause: "camera ended the stream" };
  }
  const shown = redact(lastLine).replaceAll(URL_IN_WORDS, "camera").slice(0, 200);
  return { code: "ffmpeg_failed", cause: `FFmpeg ended: ${shown}` };
}
