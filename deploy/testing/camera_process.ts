import { fileURLToPath } from "node:url";
import type { AuthScheme } from "../camera/rtsp_auth.ts";
import type { CameraCodec } from "../camera/test_picture.ts";
import { ServiceProcess } from "./process.ts";

const MAIN = fileURLToPath(new URL("../camera/main.ts", import.meta.url));
const URL_PRINTED = /^rtsp:\/\/\S+$/m;

export interface CameraProcessOptions {
  /** A command line to run it by, such as one that enters a network namespace; none by default. */
  readonly runBy?: readonly string[];
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** `h264` by default. */
  readonly codec?: CameraCodec;
  /** 640 x 360 by default; both even, the width of 432 or more for a readable clock. */
  readonly widthPx?: number;
  readonly heightPx?: number;
  /** 15 by default. */
  readonly fps?: number;
  readonly auth?: AuthScheme;
  readonly password?: string;
}

/** The simulated camera as a process of its own, which can be killed, frozen and started again. */
export class CameraProcess implements AsyncDisposable {
  private constructor(
    readonly process: ServiceProcess,
    /** With the credentials, if any. */
    readonly url: string,
    readonly port: number,
  ) {}

  /** Resolves when there is a picture to be had. @throws {Error} as `ServiceProcess.start` does */
  static async start(options: CameraProcessOptions = {}): Promise<CameraProcess> {
    const [command = "", ...args] = [
      ...(options.runBy ?? []),
      ...[Deno.execPath(), "run", "-A", MAIN, ...argsOf(options)],
    ];
    const process = await ServiceProcess.start({ command, args, ready: URL_PRINTED });
    const [url = ""] = URL_PRINTED.exec(process.output) ?? [];
    // Deno's URL knows no port of a scheme that it does not know.
    return new CameraProcess(process, url, Number(/:(\d+)\/[^/]*$/.exec(url)?.[1]));
  }

  /** It is gone at once: connections end, the port is closed. */
  async kill(): Promise<void> {
    this.process.signal("SIGKILL");
    await this.process.exited;
  }

  /** It says nothing more and takes nothing, with every connection open. */
  freeze(): void {
    this.process.signal("SIGSTOP");
  }

  thaw(): void {
    this.process.signal("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A frozen one would not hear that it is to stop.
    this.thaw();
    await this.process[Symbol.asyncDispose]();
  }
}

function argsOf(options: CameraProcessOptions): string[] {
  const { host = "127.0.0.1", port = 0, codec = "h264", fps = 15 } = options;
  const { widthPx = 640, heightPx = 360, auth = "none", password = "" } = options;
  const given = {
    ...{ host, port, codec, fps, gop: fps, size: `${widthPx}x${heightPx}` },
    ...{ bitrate: "1000k", auth },
  };
  // As one argument: a password may well begin with a dash.
  return [
    ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]),
    `--password=${password}`,
  ];
}
