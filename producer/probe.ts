import type { Frame } from "@porthole/protocol";
import { createRedact, MisuseError, type Redact } from "@porthole/protocol/service";
import { checkedCameraUrl } from "./camera_address.ts";
import {
  type CameraFailure,
  type CameraFailureCode,
  classifyError,
  classifyFfmpegEnd,
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

/** Two keyframes are seen of any camera that a browser can watch with comfort. */
const WATCH_MS = 8_000;
const NOT_SEEN_AS_H264: ReadonlySet<CameraFailureCode> = new Set([
  "not_h264",
  "is_h265",
  "parameters_missing",
]);
const SILENCE_MS = 5_000;
const FIRST_PICTURE_WITHIN_MS = 20_000;

/** What one connection to the camera has shown. */
interface Look {
  readonly pictures: readonly SampledPicture[];
  readonly firstPictureMs: number | undefined;
  readonly failure: CameraFailure | undefined;
}

/**
 * Looks at a camera as the producer would, by one connection at a time, for some seconds.
 *
 * @param url the camera's
 * @returns what it sends, in words to be shown to others: without the password, the path or a query
 * @throws {MisuseError} when it is no camera's URL, or FFmpeg is missing
 */
export async function probe(
  env: Env,
  text: string,
  hide: (secrets: readonly string[]) => Redact,
  signal: AbortSignal,
): Promise<string> {
  const parsed = cameraUrl.schema.safeParse(text);
  if (!parsed.success) {
    throw new MisuseError(`given ${cameraUrl.show?.(text)}; allowed: ${cameraUrl.allowed}`);
  }
  const secrets = secretsOf(parsed.data, "");
  hide(secrets);
  const { camera, jpeg } = loadCameraDefaults(env);
  const ffmpeg = await ffmpegVersion();
  const prober = new Prober({ ...camera, url: parsed.data.href }, createRedact(secrets), signal);
  return reportText({ ffmpeg, url: parsed.data, ...await prober.look(jpeg) });
}

type Jpeg = Parameters<typeof cameraArgs>[1];

class Prober {
  readonly #camera: CameraConfig;
  readonly #redact: Redact;
  readonly #signal: AbortSignal;
  readonly #description = new SessionDescription();

  constructor(camera: CameraConfig, redact: Redact, signal: AbortSignal) {
    this.#camera = camera;
    this.#redact = redact;
    this.#signal = signal;
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
    if (!isOther || this.#signal.aborted) {
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
    const pictures: SampledPicture[] = [];
    const startedMs = performance.now();
    let firstPictureMs: number | undefined;
    let failure: CameraFailure | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const url = await checkedCameraUrl(this.#camera, this.#signal);
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
      this.#signal.addEventListener("abort", stop, { once: true });
      timer = setTimeout(stop, FIRST_PICTURE_WITHIN_MS);
      await read(ffmpeg, (picture) => {
        if (firstPictureMs === undefined) {
          firstPictureMs = performance.now() - startedMs;
          clearTimeout(timer);
          timer = setTimeout(stop, WATCH_MS);
        }
        if (!isEnough) pictures.push(picture);
      });
      this.#signal.removeEventListener("abort", stop);
      const end = await ffmpeg.ended;
      if (!isEnough || pictures.length === 0) failure = classifyFfmpegEnd(end, this.#redact);
    } catch (error) {
      failure = classifyError(error, this.#redact);
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
