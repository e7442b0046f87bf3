import type { PictureSize } from "./display_box.ts";
import { mediaSourcePlaysH265, missingMediaSource } from "./media/media_support.ts";
import { MediaPort } from "./media_port.ts";
import { watchNetwork } from "./network_watch.ts";
import type { PlaybackSettings } from "./playback_settings.ts";
import { startWorker } from "./start_worker.ts";
import type { PageToWorker, Report, WorkerToPage } from "./worker_messages.ts";

export interface RemotePlaybackOptions {
  /** In its place in the page; from then on only the worker paints it. */
  readonly canvas: HTMLCanvasElement;
  readonly socketUrl: string;
  /** Of the API, to be asked why a connection is refused. */
  readonly streamUrl: string;
  /** Signed, of who watches; none where a cookie says it, or nobody is asked. */
  readonly token?: string | undefined;
  readonly playing: boolean;
  /** A rendition's name, or `"auto"`. */
  readonly selected: string;
  /** kbit/s that ingest is asked to stay below. */
  readonly maxKbps: number | undefined;
  /** Larger pictures than this are of no use. */
  readonly maxSize?: PictureSize | undefined;
  readonly settings: PlaybackSettings;
  readonly onReport: (report: Report) => void;
  /** When another element than before shows the picture. */
  readonly onElement: () => void;
  /** The worker did not start, or broke. */
  readonly onFailure: (cause: string) => void;
}

type Capture = PromiseWithResolvers<Blob>;

/** Beside this very script, whatever page it is in. */
const WORKER_URL = new URL("decode_worker.js", import.meta.url);

/** Whether this browser has what the worker paints on. */
export function canPlayRemotely(): boolean {
  return typeof HTMLCanvasElement.prototype.transferControlToOffscreen === "function";
}

/** The playing of one stream in a worker, as its page sees it. */
export class RemotePlayback implements Disposable {
  readonly #worker: Worker;
  readonly #media: MediaPort;
  readonly #lifetime = new AbortController();
  /** In the order they were asked for, which is the one they come in. */
  readonly #captures: Capture[] = [];
  #settings: PlaybackSettings;

  /** @throws {Error} where the page's Content-Security-Policy does not allow the worker */
  constructor(options: RemotePlaybackOptions) {
    const { canvas, settings, onReport, onElement, onFailure, ...wishes } = options;
    const { signal } = this.#lifetime;
    this.#settings = settings;
    this.#worker = startWorker(WORKER_URL);
    this.#media = new MediaPort({
      canvas,
      tell: (message) => this.#tell(message),
      onChange: onElement,
    }, settings.smoothingMs);
    this.#worker.addEventListener("message", ({ data }: MessageEvent<WorkerToPage>) => {
      if (data.type === "report") onReport(data.report);
      else this.#heard(data);
    }, { signal });
    this.#worker.addEventListener("error", ({ message }) => {
      onFailure(message || "its worker could not be loaded");
    }, { signal });
    watchNetwork(() => this.#tell({ type: "network-changed" }), signal);
    const offscreen = canvas.transferControlToOffscreen();
    this.#tell({
      type: "start",
      canvas: offscreen,
      ...wishes,
      maxSize: wishes.maxSize,
      missingMediaSource: missingMediaSource(),
      mediaSourcePlaysH265: mediaSourcePlaysH265(),
      ...settings,
    }, [offscreen]);
  }

  /** What shows the picture in the place of the canvas, while Media Source does. */
  get video(): HTMLVideoElement | undefined {
    return this.#media.video;
  }

  setPlaying(playing: boolean): void {
    this.#tell({ type: playing ? "play" : "pause" });
  }

  /** @param selected a rendition's name, or `"auto"` */
  select(selected: string): void {
    this.#tell({ type: "select", selected });
  }

  /** For the connections to come. */
  useToken(token: string | undefined): void {
    this.#tell({ type: "token", token });
  }

  /** Larger pictures are of no use; `undefined` for no such limit. */
  limit(maxSize: PictureSize | undefined): void {
    this.#tell({ type: "limit", maxSize });
  }

  set settings(settings: PlaybackSettings) {
    const { wayChoice, smoothingMs } = settings;
    if (wayChoice !== this.#settings.wayChoice) this.#tell({ type: "way", wayChoice });
    if (smoothingMs !== this.#settings.smoothingMs) {
      this.#tell({ type: "smoothing", smoothingMs });
      this.#media.smoothingMs = smoothingMs;
    }
    this.#settings = settings;
  }

  /** What the worker paints goes there too. The track is the worker's from then on. */
  mirrorTo(track: WritableStream<VideoFrame> | undefined): void {
    this.#tell({ type: "mirror", track }, track === undefined ? [] : [track]);
  }

  /** Whether reports are to tell of the last minute. */
  tellHistory(wanted: boolean): void {
    this.#tell({ type: "history", wanted });
  }

  /** The picture that shows, of its own size, as a PNG. */
  capture(): Promise<Blob> {
    const shown = this.#media.capture();
    if (shown !== undefined) return shown;
    const capture = Promise.withResolvers<Blob>();
    this.#captures.push(capture);
    this.#tell({ type: "capture" });
    return capture.promise;
  }

  /** Its connection is closed. Twice is fine. */
  [Symbol.dispose](): void {
    if (this.#lifetime.signal.aborted) return;
    this.#lifetime.abort();
    this.#media[Symbol.dispose]();
    this.#tell({ type: "stop" });
    while (this.#captures.length > 0) this.#captureFailed("the player was closed");
  }

  #heard(message: Exclude<WorkerToPage, { readonly type: "report" }>): void {
    switch (message.type) {
      case "media":
        this.#media.show(message.frame);
        break;
      case "media-end":
        this.#media.end();
        break;
      case "captured":
        this.#captures.shift()?.resolve(message.png);
        break;
      case "capture-failed":
        this.#captureFailed(message.reason);
        break;
    }
  }

  #captureFailed(reason: string): void {
    this.#captures.shift()?.reject(new Error(reason));
  }

  #tell(message: PageToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
