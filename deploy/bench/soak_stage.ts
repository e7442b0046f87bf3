import { epochNowMs, MAIN_RENDITION } from "@porthole/protocol";
import { MisuseError, sleep } from "@porthole/protocol/service";
import { eventually } from "../testing/browser.ts";
import { CameraProcess, type CameraProcessOptions } from "../testing/camera_process.ts";
import { ffmpegsOn } from "../testing/ffmpeg_count.ts";
import { freePort } from "../testing/free_port.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import type { ServiceProcess } from "../testing/process.ts";
import { ffmpegsOf } from "../testing/process_table.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";
import type { FaultName, PlannedFault } from "./soak_schedule.ts";

/** From the end of a fault to the picture, as the project promises it. */
export const TARGETS_MS: Readonly<Record<FaultName, number>> = {
  "camera-killed": 5_000,
  "camera-frozen": 5_000,
  "camera-rebooted": 5_000,
  "ffmpeg-killed": 2_000,
  // Nobody ends it: three seconds until it counts as stalled, one for its end, two for the next.
  "ffmpeg-frozen": 6_000,
  "ingest-frozen": 5_000,
  "ingest-killed": 3_000,
};

const STARTS_WITHIN_MS = 30_000;
const BACK_WITHIN_MS = 180_000;
/** Past six seconds ingest takes its viewers for gone, as they do it, and the one that stays is one. */
const INGEST_FROZEN_AT_MOST_MS = 5_000;
/** What was on its way when something was struck. */
const ON_ITS_WAY_MS = 300;

/** A camera, its producer, ingest, and one viewer that stays: what a soak has happen to it. */
export class SoakStage implements AsyncDisposable {
  readonly #owned = new AsyncDisposableStack();
  #camera: CameraProcess;
  #picture: CameraProcessOptions = {};
  #ingest: Ingest;
  #viewer: LiveViewer;
  #publishes = 1;
  #isIngestUp = true;

  private constructor(
    camera: CameraProcess,
    ingest: Ingest,
    readonly producer: ServiceProcess,
    viewer: LiveViewer,
  ) {
    this.#camera = camera;
    this.#ingest = ingest;
    this.#viewer = viewer;
  }

  /** Resolves when the viewer has its first frames. */
  static async start(): Promise<SoakStage> {
    await using undo = new AsyncDisposableStack();
    const camera = undo.use(await CameraProcess.start());
    const ingest = undo.use(await startIngest({ port: freePort() }));
    const options = { cameraUrl: camera.url, ingestUrl: ingest.url };
    const producer = undo.use(await startProducer(options));
    const viewer = undo.use(watchMain(ingest.url));
    await eventually("frames come", STARTS_WITHIN_MS, () => viewer.frames > 10 || "none has");
    const stage = new SoakStage(camera, ingest, producer, viewer);
    stage.#owned.use(undo.move());
    return stage;
  }

  get ingest(): Ingest {
    return this.#ingest;
  }

  /** It sees every frame of `main`; another one since ingest was killed. */
  get viewer(): LiveViewer {
    return this.#viewer;
  }

  /** Counts up whenever producer and viewer begin anew at another ingest. */
  get publishes(): number {
    return this.#publishes;
  }

  /** Not between its death and the viewer's being back. */
  get isIngestUp(): boolean {
    return this.#isIngestUp;
  }

  /** FFmpegs that have to do with the camera, its own among them. */
  ffmpegs(): Promise<number> {
    return ffmpegsOn(this.#camera.port);
  }

  /**
   * Has it happen, ends it, and waits for the picture.
   *
   * @returns ms from the fault's end
   * @throws {Error} when there is none after three minutes
   */
  async strike(fault: PlannedFault, signal: AbortSignal): Promise<number> {
    await this.#haveHappen(fault, signal);
    const sinceMs = performance.now();
    const laterMs = epochNowMs() + ON_ITS_WAY_MS;
    await eventually(`a picture after "${fault.name}"`, BACK_WITHIN_MS, () => {
      return signal.aborted || this.#viewer.hasFrameAfter(laterMs);
    });
    return performance.now() - sinceMs;
  }

  /** Ends what it started; what the producer leaves behind is for {@link ffmpegs} to tell. */
  async endProducer(): Promise<void> {
    await this.producer.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  async #haveHappen(fault: PlannedFault, signal: AbortSignal): Promise<void> {
    const { name, lastsMs } = fault;
    switch (name) {
      case "camera-killed":
        await this.#camera.kill();
        await sleep(lastsMs, signal);
        return await this.#startCamera();
      case "camera-rebooted":
        await this.#camera.process.stop();
        await sleep(lastsMs, signal);
        this.#picture = { widthPx: fault.widthPx, heightPx: fault.heightPx };
        return await this.#startCamera();
      case "camera-frozen":
        this.#camera.freeze();
        await sleep(lastsMs, signal);
        return this.#camera.thaw();
      case "ffmpeg-killed":
        return Deno.kill(await this.#ffmpeg(), "SIGKILL");
      case "ffmpeg-frozen":
        return Deno.kill(await this.#ffmpeg(), "SIGSTOP");
      case "ingest-frozen":
        this.#ingest.process.signal("SIGSTOP");
        await sleep(Math.min(lastsMs, INGEST_FROZEN_AT_MOST_MS), signal);
        return this.#ingest.process.signal("SIGCONT");
      case "ingest-killed":
        return await this.#restartIngest(lastsMs, signal);
    }
  }

  async #ffmpeg(): Promise<number> {
    const [ffmpeg] = await ffmpegsOf(this.producer.pid);
    if (ffmpeg === undefined) throw new Error("the producer runs no FFmpeg");
    return ffmpeg;
  }

  async #startCamera(): Promise<void> {
    const options = { ...this.#picture, port: this.#camera.port };
    this.#camera = this.#owned.use(await CameraProcess.start(options));
  }

  async #restartIngest(lastsMs: number, signal: AbortSignal): Promise<void> {
    const port = Number(new URL(this.#ingest.url).port);
    this.#isIngestUp = false;
    this.#publishes++;
    this.#ingest.process.signal("SIGKILL");
    await this.#ingest.process.exited;
    await sleep(lastsMs, signal);
    this.#ingest = this.#owned.use(await startIngest({ port }));
    await this.#viewer[Symbol.asyncDispose]();
    this.#viewer = this.#owned.use(watchMain(this.#ingest.url));
    await eventually("the viewer is let in", STARTS_WITHIN_MS, () => this.#viewer.isOpen || "no");
    this.#isIngestUp = true;
  }
}

function watchMain(ingestUrl: string): LiveViewer {
  return LiveViewer.watch(ingestUrl, { rendition: MAIN_RENDITION });
}

/** @throws {MisuseError} where processes cannot be looked into */
export function assertLinux(): void {
  if (Deno.build.os === "linux") return;
  throw new MisuseError("bench:soak reads /proc, which Linux alone has");
}
