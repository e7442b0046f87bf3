/**
 * How FFmpeg is told of a camera: by its standard input, for its arguments are there to read for
 * everyone who has an account on the machine, and a camera's URL holds its password.
 *
 * What FFmpeg reads there is a script of its concat demuxer, of one entry: the camera. That demuxer
 * hands on packets as they come and adds nothing to their times (FFmpeg Formats Documentation,
 * "concat"; `option` since FFmpeg 5.0).
 *
 * @module
 */

export interface CameraSource {
  readonly url: string;
  /** The SDP was not enough: read some packets before deciding. */
  readonly patient: boolean;
  /** FFmpeg ends when not one byte comes for so long, answers to its requests included. */
  readonly silenceMs: number;
}

interface Probe {
  readonly probesize: string;
  readonly analyzeduration: string;
}

/** No packet waits for a probe that the SDP answers already. Not `nobuffer`: it loses the first IDR. */
const FAST_PROBE: Probe = { probesize: "32", analyzeduration: "0" };
/** For cameras whose SDP lacks the parameter sets. */
const PATIENT_PROBE: Probe = { probesize: "1000000", analyzeduration: "2000000" };

/** FFmpeg's arguments of its input, which say everything but which camera it is. */
export function cameraSourceArgs({ patient }: CameraSource): string[] {
  const { probesize, analyzeduration } = probeOf(patient);
  return [
    // The script comes by the pipe; the camera's protocols stand in it.
    ...["-protocol_whitelist", "pipe", "-f", "concat"],
    // Safe is for scripts of other people: no URLs and no options.
    ...["-safe", "0"],
    // Parameter sets are wanted where the camera sends them.
    ...["-auto_convert", "0"],
    // Once more: the demuxer's pictures are probed as the camera's are.
    ...["-probesize", probesize, "-analyzeduration", analyzeduration],
    ...["-i", "pipe:0"],
  ];
}

/**
 * What is to be written to that FFmpeg's standard input, which has to end then.
 *
 * The protocols are the only ones that a camera's answers can make FFmpeg open, redirections
 * included.
 *
 * @throws {TypeError} for a URL that is not a camera's, or that a line does not hold
 */
export function cameraScript({ url, patient, silenceMs }: CameraSource): string {
  // FFmpeg takes what begins so for RTSP, whatever it looks like.
  if (!/^rtsps?:[^\p{Cc}]*$/u.test(url)) throw new TypeError("not the URL of an RTSP camera");
  const { probesize, analyzeduration } = probeOf(patient);
  const isTls = url.startsWith("rtsps:");
  const options: [name: string, value: string][] = [
    ["protocol_whitelist", isTls ? "tcp,tls" : "tcp"],
    ["rtsp_transport", "tcp"],
    ["timeout", String(silenceMs * 1000)],
    ["allowed_media_types", "video"],
    ["probesize", probesize],
    ["analyzeduration", analyzeduration],
  ];
  // Cameras sign their own certificates. FFmpeg 9 checks them unless told not to; 5.1 and 7.0 never
  // do over RTSP, and pass over an option that they do not know here.
  if (isTls) options.push(["tls_verify", "0"]);
  return [
    "ffconcat version 1.0",
    `file ${quoted(url)}`,
    ...options.map(([name, value]) => `option ${name} ${value}`),
    "",
  ].join("\n");
}

function probeOf(patient: boolean): Probe {
  return patient ? PATIENT_PROBE : FAST_PROBE;
}

/** Between quotes everything stands for itself but the quote (FFmpeg Utilities, "Quoting"). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
