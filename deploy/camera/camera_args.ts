import { parseArgs } from "node:util";
import type { AuthScheme } from "./rtsp_auth.ts";
import { PICTURE_DEFAULTS, type SimulatedCameraOptions } from "./simulated_camera.ts";
import { CAMERA_CODECS, CAMERA_PATTERNS } from "./test_picture.ts";

const AUTH_SCHEMES = ["none", "basic", "digest"] as const satisfies readonly AuthScheme[];

const OPTIONS = {
  help: { type: "boolean", short: "h", default: false },
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "8554" },
  path: { type: "string", default: "/camera" },
  codec: { type: "string", default: PICTURE_DEFAULTS.codec },
  pattern: { type: "string", default: PICTURE_DEFAULTS.pattern },
  size: { type: "string", default: `${PICTURE_DEFAULTS.widthPx}x${PICTURE_DEFAULTS.heightPx}` },
  fps: { type: "string", default: String(PICTURE_DEFAULTS.fps) },
  gop: { type: "string", default: String(PICTURE_DEFAULTS.gopFrames) },
  slices: { type: "string", default: String(PICTURE_DEFAULTS.slices) },
  bitrate: { type: "string", default: `${PICTURE_DEFAULTS.bitrateKbps}k` },
  auth: { type: "string", default: "none" },
  user: { type: "string", default: "admin" },
  password: { type: "string", default: "" },
} as const;

export const CAMERA_USAGE = `A simulated RTSP camera; prints its URL.

  --host ADDRESS    where to listen (${OPTIONS.host.default})
  --port PORT       ${OPTIONS.port.default}; 0 takes a free one
  --path PATH       ${OPTIONS.path.default}
  --codec CODEC     ${CAMERA_CODECS.join(", ")} (${OPTIONS.codec.default})
  --pattern PATTERN test: bars and a clock; colours: four flat quadrants (${OPTIONS.pattern.default})
  --size WxH        px, both even (${OPTIONS.size.default})
  --fps FPS         ${OPTIONS.fps.default}
  --gop FRAMES      from keyframe to keyframe (${OPTIONS.gop.default})
  --slices SLICES   an access unit, H.264 only (${OPTIONS.slices.default})
  --bitrate KBPS    ${OPTIONS.bitrate.default}; not for MJPEG
  --auth SCHEME     ${AUTH_SCHEMES.join(", ")} (${OPTIONS.auth.default})
  --user USER       ${OPTIONS.user.default}
  --password PASSWORD`;

export type ParsedCameraArgs =
  | { readonly options: SimulatedCameraOptions | "help" }
  | { readonly usageError: string };

/** The command line of `main.ts`, checked; the first thing wrong is told. */
export function parseCameraArgs(args: readonly string[]): ParsedCameraArgs {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    if (values.help) return { options: "help" };
    const [widthPx, heightPx] = pictureSize(values.size);
    return {
      options: {
        hostname: values.host,
        port: wholeNumber("port", values.port, 0, 65_535),
        path: absolutePath(values.path),
        codec: oneOf("codec", values.codec, CAMERA_CODECS),
        pattern: oneOf("pattern", values.pattern, CAMERA_PATTERNS),
        widthPx,
        heightPx,
        fps: wholeNumber("fps", values.fps, 1, 120),
        gopFrames: wholeNumber("gop", values.gop, 1, 1000),
        slices: wholeNumber("slices", values.slices, 1, 32),
        bitrateKbps: wholeNumber("bitrate", values.bitrate.replace(/k$/i, ""), 50, 100_000),
        auth: oneOf("auth", values.auth, AUTH_SCHEMES),
        user: values.user,
        password: values.password,
      },
    };
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      return { usageError: error.message };
    }
    throw error;
  }
}

function wholeNumber(name: string, given: string, min: number, max: number): number {
  const value = /^\d{1,9}$/.test(given) ? Number(given) : NaN;
  if (value >= min && value <= max) return value;
  throw new RangeError(`--${name}: given "${given}"; allowed: a whole number, ${min} to ${max}`);
}

function pictureSize(given: string): readonly [number, number] {
  const [, width = "", height = ""] = /^(\d+)x(\d+)$/.exec(given) ?? [];
  const size = [Number(width), Number(height)] as const;
  if (size.every((side) => side >= 16 && side <= 8192 && side % 2 === 0)) return size;
  throw new RangeError(`--size: given "${given}"; allowed: WxH, both even, 16 to 8192`);
}

function absolutePath(given: string): string {
  if (/^\/[\w./-]*[\w.-]$/.test(given)) return given;
  throw new RangeError(`--path: given "${given}"; allowed: a path such as /camera`);
}

function oneOf<const T extends string>(name: string, given: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === given);
  if (found !== undefined) return found;
  throw new RangeError(`--${name}: given "${given}"; allowed: ${allowed.join(", ")}`);
}
