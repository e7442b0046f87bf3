import type { Frame } from "@porthole/protocol";
import { createRedact, MisuseError, type Redact } from "@porthole/protocol/service";
import { checkedCameraUrl } from "./camera_address.ts";
import {
  type CameraFailure,
  type CameraFailureCode,
  classifyError,
  classifyFfmpegEnd,
  STALLED,
} from "./camera_failure.ts";
import { type CameraConfig, cameraUrl, loadCameraDefaults, secretsOf } from "./config.ts";
import type { Env } from "@porthole/protocol/service";
import { cameraScript } from "./camera_script.ts";
import { cameraArgs, type CameraInput } from "./ffmpeg_args.ts";
import { FfmpegProcess, ffmpegVersion } from "./ffmpeg_process.ts";
import { FrameCrcReader } from "./frame_crc.ts";
import { H264FrameReader, SequenceCounter } from "./frame_reader.ts";
import { type ProbeReport, reportText } from "./probe_report.ts";
import { type SampledPicture, sampleOf } from "./probe_sample.ts";
import { SessionDescription } from "./session_description.ts";
import { TextLineStream } from "./text_lines.ts";

const NOT_SEEN_AS_H264: ReadonlySet<CameraFailureCode> = new Set([
  "not_h264",
  "is_h265",
  "parameters_missing",
]);
const SILENCE_MS = 5_000;

/** How long a camera is looked at. */
export interface ProbePatience {
  /** When it is given up. */
  readonly firstPictureWithinMs: number;
  readonly watchMs: number;
}

/** Two keyframes are seen of any camera that a browser can watch with comfort. */
const PATIENCE: ProbePatience = { firstPictureWithinMs: 20_000, watchMs: 8_000 };

/** What was found out about a camera. */
export interface Probed {
  /** In words to be shown to others: without the password, the path or a query. */
  readonly text: string;
  /** Whether it sent pictures for as long as it was looked at. */
  readonly isWell: boolean;
}

/** What one connection to the camera has shown. */
interface Look {
  readonly pictures: readonly SampledPicture[];
  readonly firstPictureMs: number | undefined;
  readonly failure: CameraFailure | undefined;
}

/**
 * Looks at a camera as the producer would, by one connection at a time, for some seconds.
 *
 * @param text the camera's URL
 * @throws {MisuseError} when it is no camera's URL, or FFmpeg is missing
 */
export async function probe(
  env: Env,
  text: string,
  hide: (secrets: readonly string[]) => Redact,
  signal: AbortSignal,
  patience: ProbePatience = PATIENCE,
): Promise<Probed> {
  const parsed = cameraUrl.schema.safeParse(text);
  if (!parsed.success) {
    throw new MisuseError(`given ${cameraUrl.show?.(text)}; allowed: ${cameraUrl.allowed}`);
  }
  const secrets = secretsOf(parsed.data, "");
  hide(secrets);
  const { camera, jpeg } = loadCameraDefaults(env);
  const ffmpeg = await ffmpegVersion(signal);
  const prober = new Prober({
    camera: { ...camera, url: parsed.data.href },
    redact: createRedact(secrets),
    ...{ signal, patience },
  });
  const seen = await prober.look(jpeg);
  const isWell = seen.failure === undefined && seen.pictures.length > 0;
  return { text: reportText({ ffmpeg, url: parsed.data, ...seen }), isWell };
}

type Jpeg = Parameters<typeof cameraArgs>[1];

interface ProberOptions {
  readonly camera: CameraConfig;
  readonly redact: Redact;
  readonly signal: AbortSignal;
  readonly patience: ProbePatience;
}

class Prober {
  readonly #options: ProberOptions;
  readonly #description = new SessionDescription();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** First as H.264 is passed through; of what is not that, whatever can be told of its packets. */
  async look(jpeg: Jpeg): Promise<Omit<ProbeReport, "ffmpeg" | "url">> {
    const description = this.#description;
    let newest: Frame | undefined;
    const asH264 = await this.#watch(jpeg, (args) => args, false, async (ffmpeg, seen) => {
      const reader = new H264FrameReader(new SequenceCounter());
      for await (const chunk of ffmpeg.stdout) {
        for (newest of reader.push(chunk)) seen(sampleOf(newest));
      }
    });
    const { failure } = asH264;
    const isOther = failure !== undefined && NOT_SEEN_AS_H264.has(failure.code);
    if (!isOther || this.#options.signal.aborted) {
      const size = newest && `${newest.width}x${newest.height}`;
      const codec = newest && `H.264 (${newest.codec})`;
      return { ...asH264, description: description.media, size, codec, isPassedThrough: true };
    }
    const reader = new FrameCrcReader();
    const asOther = await this.#watch(jpeg, intoFrameCrc, true, async (ffmpeg, seen) => {
      for await (const line of ffmpeg.stdout.pipeThrough(new TextLineStream())) {
        const before = reader.pictures.length;
        reader.line(line);
        const picture = reader.pictures[before];
        if (picture !== undefined) seen(picture);
      }
    });
    const { codec, dimensions: size } = reader;
    const media = description.media.slice(0, description.media.length / 2);
    return { ...asOther, description: media, size, codec, isPassedThrough: false };
  }

  async #watch(
    jpeg: Jpeg,
    output: (args: string[]) => string[],
    patient: boolean,
    read: (ffmpeg: FfmpegProcess, seen: (picture: SampledPicture) => void) => Promise<void>,
  ): Promise<Look> {
    const { camera, redact, signal, patience } = this.#options;
    const pictures: SampledPicture[] = [];
    const startedMs = performance.now();
    let firstPictureMs: number | undefined;
    let failure: CameraFailure | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const url = await checkedCameraUrl(camera, signal);
      const input: CameraInput = { url, plan: "passthrough", patient, silenceMs: SILENCE_MS };
      const args = output(verbose(cameraArgs(input, jpeg)));
      await using ffmpeg = FfmpegProcess.spawn(
        args,
        { text: cameraScript(input) },
        (line) => this.#description.line(line),
      );
      let isEnough = false;
      const stop = () => {
        isEnough = true;
        ffmpeg.stop();
      };
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      timer = setTimeout(stop, patience.firstPictureWithinMs);
      await read(ffmpeg, (picture) => {
        if (firstPictureMs === undefined) {
          firstPictureMs = performance.now() - startedMs;
          clearTimeout(timer);
          timer = setTimeout(stop, patience.watchMs);
        }
        if (!isEnough) pictures.push(picture);
      });
      signal.removeEventListener("abort", stop);
      const end = await ffmpeg.ended;
      if (!isEnough) failure = classifyFfmpegEnd(end, redact);
      // Its own last words are of having been stopped.
      else if (pictures.length === 0 && !signal.aborted) failure = STALLED;
    } catch (error) {
      failure = classifyError(error, redact);
      if (failure === undefined) throw error;
    } finally {
      clearTimeout(timer);
    }
    return { pictures, firstPictureMs, failure };
  }
}

/** FFmpeg says what the camera's description is. */
function verbose(args: readonly string[]): string[] {
  const place = args.indexOf("-loglevel");
  return args.map((argument, index) => index === place + 1 ? "verbose" : argument);
}

/** In place of the pictures a line on each of them. */
function intoFrameCrc(args: readonly string[]): string[] {
  const input = args.slice(0, args.indexOf("-map"));
  const output = ["-map", "0:v:0", "-c:v", "copy", "-f", "framecrc"];
  return [...input, ...output, "-flush_packets", "1", "pipe:1"];
}
