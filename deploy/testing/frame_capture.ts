import type { RgbColour } from "../camera/known_colours.ts";

const CAPTURE_TIMEOUT_MS = 20_000;

export interface CaptureOptions {
  /** Of the camera's picture, in px. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frames: number;
}

/** A decoded picture. */
export class CapturedFrame {
  readonly #rgb: Uint8Array;
  readonly #widthPx: number;
  /** Wall clock, ms since the epoch, when the whole of it had come out of the decoder. */
  readonly capturedMs: number;

  constructor(rgb: Uint8Array, widthPx: number, capturedMs: number) {
    this.#rgb = rgb;
    this.#widthPx = widthPx;
    this.capturedMs = capturedMs;
  }

  colourAt(x: number, y: number): RgbColour {
    const offset = 3 * (y * this.#widthPx + x);
    const [red = 0, green = 0, blue = 0] = this.#rgb.subarray(offset, offset + 3);
    return { red, green, blue };
  }

  readonly lumaAt = (x: number, y: number): number => {
    const { red, green, blue } = this.colourAt(x, y);
    return (red + green + blue) / 3;
  };

  /** Whether any pixel differs, by more than what compression does to a still picture. */
  differsFrom(other: CapturedFrame): boolean {
    return this.#rgb.some((value, index) => Math.abs(value - (other.#rgb[index] ?? 0)) > 64);
  }
}

/**
 * Watches an RTSP camera with FFmpeg, over TCP, and decodes its first pictures.
 *
 * @throws {Error} with what FFmpeg printed, when they do not all come within 20 s
 */
export async function captureFrames(
  url: string,
  { widthPx, heightPx, frames }: CaptureOptions,
): Promise<CapturedFrame[]> {
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-hide_banner", "-loglevel", "error"],
      // What its frame rate is nobody asks: finding out takes most of a second.
      ...["-threads", "1", "-fpsprobesize", "0", "-rtsp_transport", "tcp", "-i", url],
      ...["-fps_mode", "passthrough", "-frames:v", String(frames)],
      ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-flush_packets", "1", "pipe:1"],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), CAPTURE_TIMEOUT_MS);
  const stderr = new Response(child.stderr).text();
  const captured = await collectFrames(child.stdout, widthPx, heightPx);
  const status = await child.status;
  clearTimeout(timer);
  if (captured.length !== frames) {
    const said = (await stderr).trim() || "(nothing)";
    throw new Error(`${captured.length} of ${frames} frames; FFmpeg (${status.code}): ${said}`);
  }
  await stderr;
  return captured;
}

async function collectFrames(
  stdout: ReadableStream<Uint8Array>,
  widthPx: number,
  heightPx: number,
): Promise<CapturedFrame[]> {
  const frames: CapturedFrame[] = [];
  let rgb = new Uint8Array(widthPx * heightPx * 3);
  let filled = 0;
  for await (const chunk of stdout) {
    for (let rest = chunk; rest.length > 0;) {
      const taken = rest.subarray(0, rgb.length - filled);
      rgb.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
      if (filled < rgb.length) continue;
      frames.push(new CapturedFrame(rgb, widthPx, Date.now()));
      rgb = new Uint8Array(rgb.length);
      filled = 0;
    }
  }
  return frames;
}
