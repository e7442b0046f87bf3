import { logFor } from "@porthole/protocol/service";
import { ServiceProcess } from "../testing/process.ts";
import { findFont } from "./font.ts";
import { MediaRelay } from "./media_relay.ts";
import type { AuthScheme } from "./rtsp_auth.ts";
import type { CameraMount } from "./rtsp_connection.ts";
import { RtspServer } from "./rtsp_server.ts";
import { testPictureArgs, type TestPictureOptions } from "./test_picture.ts";

export interface SimulatedCameraOptions extends Partial<TestPictureOptions> {
  /** 127.0.0.1 by default. */
  readonly hostname?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** `/camera` by default. */
  readonly path?: string;
  /** `none` by default. */
  readonly auth?: AuthScheme;
  readonly user?: string;
  readonly password?: string;
}

export const PICTURE_DEFAULTS = {
  codec: "h264",
  pattern: "test",
  widthPx: 1280,
  heightPx: 720,
  fps: 30,
  gopFrames: 30,
  slices: 1,
  bitrateKbps: 3000,
} as const satisfies TestPictureOptions;

const FIRST_PICTURE_TIMEOUT_MS = 15_000;

const log = logFor("camera");

/**
 * A camera for development and tests: FFmpeg makes and encodes the picture and publishes it by RTSP
 * to a server in this process, which relays the RTP packets to any number of clients.
 */
export class SimulatedCamera implements AsyncDisposable {
  readonly #server: RtspServer;
  readonly #ffmpeg: ServiceProcess;
  /** With the credentials, if any. */
  readonly url: string;
  readonly port: number;

  private constructor(server: RtspServer, ffmpeg: ServiceProcess, url: string) {
    this.#server = server;
    this.#ffmpeg = ffmpeg;
    this.url = url;
    this.port = server.port;
  }

  /**
   * Resolves when there is a picture to be had.
   *
   * @throws {Error} when the port is taken, or FFmpeg is missing, fails, or makes nothing in 15 s
   */
  static async start(options: SimulatedCameraOptions = {}): Promise<SimulatedCamera> {
    const { hostname = "127.0.0.1", port = 0 } = options;
    const picture = { ...PICTURE_DEFAULTS, ...await fontOption(), ...options };
    const mount = createMount(options, new MediaRelay(picture.codec));
    const server = new RtspServer({ hostname, port }, mount);
    try {
      const publishUrl = `rtsp://${localAddressOf(hostname)}:${server.port}${mount.publishPath}`;
      const args = testPictureArgs(picture, publishUrl, Date.now());
      const ffmpeg = await ServiceProcess.start({ command: "ffmpeg", args });
      await firstPicture(mount.relay, ffmpeg);
      return new SimulatedCamera(server, ffmpeg, cameraUrl(hostname, server.port, mount));
    } catch (cause) {
      await server[Symbol.asyncDispose]();
      throw new Error("the simulated camera did not start", { cause });
    }
  }

  /** Resolves when FFmpeg has ended, asked to or not; what it said last. */
  async ended(): Promise<string> {
    await this.#ffmpeg.exited;
    return this.#ffmpeg.output.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ffmpeg.stop();
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Where this machine itself finds what listens at that address. */
function localAddressOf(hostname: string): string {
  return hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostname;
}

function createMount(options: SimulatedCameraOptions, relay: MediaRelay): CameraMount {
  const { path = "/camera", auth = "none", user = "admin", password = "" } = options;
  const credentials = { user, password };
  const publishPath = `/publish/${crypto.randomUUID()}`;
  return { path, publishPath, auth, credentials, relay, description: undefined };
}

function cameraUrl(hostname: string, port: number, mount: CameraMount): string {
  const { user, password } = mount.credentials;
  const userInfo = mount.auth === "none"
    ? ""
    : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  return `rtsp://${userInfo}${hostname}:${port}${mount.path}`;
}

async function fontOption(): Promise<{ readonly fontFile?: string }> {
  const fontFile = await findFont();
  if (fontFile !== undefined) return { fontFile };
  log.warn("no font found, the picture has no readable clock: install fonts-dejavu-core");
  return {};
}

async function firstPicture(relay: MediaRelay, ffmpeg: ServiceProcess): Promise<void> {
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(() => late.resolve("late"), FIRST_PICTURE_TIMEOUT_MS);
  const outcome = await Promise.race([
    relay.firstKeyframe.then(() => "ready"),
    ffmpeg.exited.then(() => "ended"),
    late.promise,
  ]);
  clearTimeout(timer);
  if (outcome === "ready") return;
  await ffmpeg.stop();
  const failure = outcome === "ended"
    ? "ended at once"
    : `sent no picture in ${FIRST_PICTURE_TIMEOUT_MS} ms`;
  throw new Error(`FFmpeg ${failure}; it printed:\n${ffmpeg.output || "(nothing)"}`);
}
