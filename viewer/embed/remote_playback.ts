import type { PageToWorker, Report, WorkerToPage } from "../worker_messages.ts";
import { startWorker } from "./start_worker.ts";
import type { StreamAddress } from "./stream_address.ts";

export interface RemotePlaybackOptions {
  readonly address: StreamAddress;
  readonly token: string | undefined;
  readonly playing: boolean;
  /** A rendition's name, or `"auto"`. */
  readonly selected: string;
  /** kbit/s that ingest is asked to stay below. */
  readonly maxKbps: number | undefined;
  readonly onReport: (report: Report) => void;
  /** The worker did not start, or broke. */
  readonly onFailure: (cause: string) => void;
}

type Capture = PromiseWithResolvers<Blob>;

/** It has a canvas alone, and pictures come as soon as they can. */
const WAYS = {
  missingMediaSource: "an embedded player has none",
  wayChoice: "auto",
  smoothingMs: 0,
} as const;

/** Beside this very script, whatever page it is in. */
const WORKER_URL = new URL("decode_worker.js", import.meta.url);

/** The playing of one stream in a worker, as a page without a player of its own sees it. */
export class RemotePlayback implements Disposable {
  /** The worker paints it. */
  readonly canvas = document.createElement("canvas");
  readonly #worker: Worker;
  readonly #lifetime = new AbortController();
  /** In the order they were asked for, which is the one they come in. */
  readonly #captures: Capture[] = [];

  /** @throws {Error} where the page's Content-Security-Policy does not allow the worker */
  constructor({ address, token, playing, selected, maxKbps, ...handlers }: RemotePlaybackOptions) {
    const canvas = this.canvas.transferControlToOffscreen();
    const { socketUrl, streamUrl } = address;
    const { signal } = this.#lifetime;
    this.#worker = startWorker(WORKER_URL);
    this.#worker.addEventListener("message", ({ data }: MessageEvent<WorkerToPage>) => {
      if (data.type === "report") handlers.onReport(data.report);
      else if (data.type === "captured") this.#captures.shift()?.resolve(data.png);
      else if (data.type === "capture-failed") this.#captureFailed(data.reason);
    }, { signal });
    this.#worker.addEventListener("error", ({ message }) => {
      handlers.onFailure(message || "its worker could not be loaded");
    }, { signal });
    const stream = { socketUrl, streamUrl, token };
    const wishes = { playing, selected, maxKbps, maxSize: undefined };
    this.#tell({ type: "start", canvas, ...stream, ...wishes, ...WAYS }, [canvas]);
  }

  setPlaying(playing: boolean): void {
    this.#tell({ type: playing ? "play" : "pause" });
  }

  select(selected: string): void {
    this.#tell({ type: "select", selected });
  }

  useToken(token: string | undefined): void {
    this.#tell({ type: "token", token });
  }

  /** The last picture as a PNG. */
  capture(): Promise<Blob> {
    const capture = Promise.withResolvers<Blob>();
    this.#captures.push(capture);
    this.#tell({ type: "capture" });
    return capture.promise;
  }

  /** Its connection is closed. Twice is fine. */
  [Symbol.dispose](): void {
    if (this.#lifetime.signal.aborted) return;
    this.#lifetime.abort();
    this.#tell({ type: "stop" });
    while (this.#captures.length > 0) this.#captureFailed("the player was closed");
  }

  #captureFailed(reason: string): void {
    this.#captures.shift()?.reject(new Error(reason));
  }

  #tell(message: PageToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
