import { fileURLToPath } from "node:url";
import { QUADRANT_COLOURS, type RgbColour } from "../camera/known_colours.ts";
import type { AuthScheme } from "../camera/rtsp_auth.ts";
import type { CameraCodec } from "../camera/test_picture.ts";
import { ServiceProcess } from "./process.ts";

/** The Python that Debian's packages install GStreamer's bindings for. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./gstreamer_camera.py", import.meta.url));
const LISTENING = /^listening on (\d+)$/m;

export interface GStreamerCameraOptions {
  /** `h264` by default. */
  readonly codec?: CameraCodec;
  /** 640 x 360 by default; both even. */
  readonly widthPx?: number;
  readonly heightPx?: number;
  /** 30 by default; a keyframe comes once a second. */
  readonly fps?: number;
  /** Slices an access unit, H.264 only; 1 by default. */
  readonly slices?: number;
  readonly bitrateKbps?: number;
  /** `none` by default. */
  readonly auth?: AuthScheme;
  readonly user?: string;
  readonly password?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

/**
 * An RTSP camera by GStreamer's server, with which the project shares no code: four flat quadrants
 * of `QUADRANT_COLOURS`, and a ball that bounces in the lowest 32 lines. Its clients share one
 * encoder and, as with many cameras, begin wherever it is in a GOP.
 */
export class GStreamerCamera implements AsyncDisposable {
  readonly #server: ServiceProcess;
  /** With the credentials, if any. */
  readonly url: string;
  readonly port: number;

  private constructor(server: ServiceProcess, url: string, port: number) {
    this.#server = server;
    this.url = url;
    this.port = port;
  }

  /** @throws {Error} that names what is missing, or that the port is taken */
  static async start(options: GStreamerCameraOptions = {}): Promise<GStreamerCamera> {
    const camera = { ...DEFAULTS, ...options, quadrants: QUADRANTS_RGB };
    const server = await ServiceProcess.start({
      command: PYTHON,
      args: [SCRIPT, JSON.stringify(camera)],
      ready: LISTENING,
    });
    const port = Number(LISTENING.exec(server.output)?.[1]);
    const { user, password, auth } = camera;
    const userInfo = auth === "none"
      ? ""
      : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
    return new GStreamerCamera(server, `rtsp://${userInfo}127.0.0.1:${port}/camera`, port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
  }
}

const DEFAULTS = {
  codec: "h264",
  widthPx: 640,
  heightPx: 360,
  fps: 30,
  slices: 1,
  bitrateKbps: 1000,
  auth: "none",
  user: "admin",
  password: "",
  port: 0,
} as const satisfies Required<GStreamerCameraOptions>;

const { topLeft, topRight, bottomLeft, bottomRight } = QUADRANT_COLOURS;
/** `0xRRGGBB` each, in the order the script lays them out. */
const QUADRANTS_RGB = [topLeft, topRight, bottomLeft, bottomRight].map(packedRgb);

function packedRgb({ red, green, blue }: RgbColour): number {
  return red * 0x1_00_00 + green * 0x1_00 + blue;
}
