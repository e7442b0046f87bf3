import { element } from "./dom.ts";

/** A track that is made of frames. Chromium alone has it; the standard one is for workers only. */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

declare const MediaStreamTrackGenerator: new (init: { kind: "video" }) => TrackGenerator;

export interface PictureInPictureHandlers {
  /** Pictures are to be written into the track; it is closed when the window is. */
  onOpen(track: WritableStream<VideoFrame>): void;
  onClose(): void;
}

/** Whether this browser can show a player in a window of its own, over all others. */
export function hasPictureInPicture(): boolean {
  return document.pictureInPictureEnabled === true && "MediaStreamTrackGenerator" in globalThis;
}

/** The small window over all others that shows what a player shows, also while its tab is hidden. */
export class PictureInPicture {
  readonly #handlers: PictureInPictureHandlers;
  #video: HTMLVideoElement | undefined;

  constructor(handlers: PictureInPictureHandlers) {
    this.#handlers = handlers;
  }

  get isOpen(): boolean {
    return this.#video !== undefined;
  }

  /** @throws {DOMException} when the browser refuses */
  async toggle(): Promise<void> {
    if (this.isOpen) this.close();
    else await this.#open();
  }

  /** Twice is fine. */
  close(): void {
    const video = this.#video;
    if (video === undefined) return;
    this.#video = undefined;
    if (document.pictureInPictureElement === video) void document.exitPictureInPicture();
    const stream = video.srcObject;
    if (stream instanceof MediaStream) { for (const track of stream.getTracks()) track.stop(); }
    video.srcObject = null;
    this.#handlers.onClose();
  }

  async #open(): Promise<void> {
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    const video = element("video", "");
    this.#video = video;
    video.muted = true;
    video.srcObject = new MediaStream([track]);
    video.addEventListener("leavepictureinpicture", () => {
      if (this.#video === video) this.close();
    });
    this.#handlers.onOpen(track.writable);
    try {
      await video.play();
      await video.requestPictureInPicture();
    } catch (cause) {
      if (this.#video === video) this.close();
      throw cause;
    }
  }
}
