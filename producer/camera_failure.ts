import { ProtocolError } from "@porthole/protocol";
import { errorChain, type Redact } from "@porthole/protocol/service";
import { AddressNotAllowedError, UnknownHostError } from "./camera_address.ts";
import { FlvError, NotH264Error } from "./demux/flv.ts";
import { NutError } from "./demux/nut.ts";
import { SmjpegError } from "./demux/smjpeg.ts";
import { NotH265Error } from "./h265_frame_reader.ts";
import { type FfmpegEnd, FfmpegMissingError, FfmpegStartError } from "./ffmpeg_process.ts";

export type CameraFailureCode =
  | "unauthorized"
  | "not_found"
  | "refused"
  | "unreachable"
  | "unknown_host"
  | "not_allowed"
  | "untrusted_certificate"
  | "no_video"
  | "not_h264"
  | "is_h265"
  | "not_h265"
  | "parameters_missing"
  | "codec_unusable"
  | "stalled"
  | "ended"
  | "ffmpeg_missing"
  | "ffmpeg_killed"
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
 * FFmpeg 5.1 exits with 1 for all of these, 7.0 and 9.0 with 8 for 401, 404 and 503 alike; only the
 * words tell them apart, and those of all three are in the tests. First match wins. A bare number is
 * no sign: the words contain the camera's URL, and `/Channels/401` is a common path.
 */
const SIGNS: readonly Sign[] = [
  {
    // By OpenSSL; by GnuTLS.
    pattern:
      /certificate verify failed|Unable to verify peer certificate|Peer certificate failed verification|certificate's owner does not match/i,
    code: "untrusted_certificate",
    cause: "camera's certificate is not one that this FFmpeg trusts",
  },
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
    cause: "camera's host is unreachable or does not answer",
  },
  {
    // What FFmpeg makes of an answer that never comes, too.
    pattern: /Impossible to open '[^]*: Invalid data found when processing input/,
    code: "unreachable",
    cause: "camera does not answer, or not by RTSP",
  },
  {
    pattern: /Unknown encoder|Encoder (not found|.* not found)/i,
    code: "codec_unusable",
    cause: "codec not usable: this FFmpeg cannot encode what is to be made of the camera's video",
  },
  {
    pattern: /Decoder \(codec .*\) not found|no decoder found for|Decoder not found/i,
    code: "codec_unusable",
    cause: "codec not usable: FFmpeg cannot decode the camera's video",
  },
  {
    pattern: /Cannot determine format of input/i,
    code: "ended",
    cause: "camera sent no pictures",
  },
  {
    pattern: /codec hevc not compatible with flv/i,
    code: "is_h265",
    cause: "camera's video is H.265",
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

/** The camera's URL, or what FFmpeg is told of it by. */
const URL_IN_WORDS = /\bpipe:0\b|\b[a-z][a-z0-9+.-]*:\/\/\S*[^\s:]/gi;

/** It is connected, but no picture has come for too long. */
export const STALLED: CameraFailure = {
  code: "stalled",
  cause: "stream stalled: camera is connected but sends no pictures",
};

/** Without a word why. */
export const ENDED: CameraFailure = { code: "ended", cause: "camera ended the stream" };

/** FFmpeg's code for having been asked to end by SIGTERM or SIGINT, to which it listens. */
const EXIT_ASKED_TO_END = 255;

/** What went wrong, by the words FFmpeg left behind; for an FFmpeg that we did not stop. */
export function classifyFfmpegEnd(end: FfmpegEnd, redact: Redact): CameraFailure {
  if (end.signal !== null) return killedBy(end.signal);
  const words = end.stderrTail.join("\n");
  const sign = SIGNS.find(({ pattern }) => pattern.test(words));
  if (sign !== undefined) return { code: sign.code, cause: sign.cause };
  if (end.code === EXIT_ASKED_TO_END) return killedBy("SIGTERM");
  const lastLine = end.stderrTail.at(-1);
  if (end.code === 0 || lastLine === undefined) return ENDED;
  return { code: "ffmpeg_failed", cause: `FFmpeg ended: ${shown(lastLine, redact)}` };
}

/** What went wrong before FFmpeg ran, or in reading what it made; `undefined` for a bug. */
export function classifyError(error: unknown, redact: Redact): CameraFailure | undefined {
  if (error instanceof NotH264Error) {
    return { code: error.isH265 ? "is_h265" : "not_h264", cause: error.message };
  }
  if (error instanceof NotH265Error) return { code: "not_h265", cause: error.message };
  if (error instanceof AddressNotAllowedError) {
    return { code: "not_allowed", cause: "camera's address is not one that RTSP_ALLOW allows" };
  }
  if (error instanceof UnknownHostError) {
    return { code: "unknown_host", cause: "camera's host name is not known" };
  }
  if (error instanceof FfmpegMissingError) {
    return { code: "ffmpeg_missing", cause: "FFmpeg is missing where the producer runs" };
  }
  if (error instanceof FfmpegStartError) {
    const reason = shown(errorChain(error.cause), redact);
    return { code: "ffmpeg_failed", cause: `FFmpeg cannot be started: ${reason}` };
  }
  const isBadData = error instanceof FlvError || error instanceof NutError ||
    error instanceof SmjpegError ||
    error instanceof ProtocolError || error instanceof RangeError;
  if (!isBadData) return undefined;
  return { code: "ffmpeg_failed", cause: `video is damaged: ${error.message}` };
}

const CRASHES: ReadonlySet<Deno.Signal> = new Set([
  "SIGSEGV",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
]);

function killedBy(signal: Deno.Signal): CameraFailure {
  const code = "ffmpeg_killed";
  if (CRASHES.has(signal)) return { code, cause: `FFmpeg crashed (${signal})` };
  const orMemory = signal === "SIGKILL" ? ", or by the system for want of memory" : "";
  return { code, cause: `FFmpeg was killed (${signal}), by somebody${orMemory}` };
}

function shown(words: string, redact: Redact): string {
  return redact(words).replaceAll(URL_IN_WORDS, "camera").slice(0, 200);
}
