import { element } from "./dom.ts";

/** A track that is made of frames. Chromium alone has it; the standard one is for workers only. */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

declare const MediaStreamTrackGenerator: new (init: { kind: "video" }) => TrackGenerator;

export interface PictureInPictureHandlers {
  /** The page's own `<video>`, where one shows the picture. */
  shownVideo(): HTMLVideoElement | undefined;
  /** Pictures are to be written into the track, until the window is closed. */
  onTrack(track: WritableStream<VideoFrame>): void;
  onOpen(): void;
  onClose(): void;
}

/** The small window over all others that shows what a player shows, also while its tab is hidden. */
export class PictureInPicture {
  readonly #handlers: PictureInPictureHandlers;
  #video: HTMLVideoElement | undefined;

  constructor(handlers: PictureInPictureHandlers) {
    this.#handlers = handlers;
  }

  /** Whether this browser can do it with what shows the picture now. */
  get isOffered(): boolean {
    if (document.pictureInPictureEnabled !== true) return false;
    return this.#handlers.shownVideo() !== undefined || "MediaStreamTrackGenerator" in globalThis;
  }

  get isOpen(): boolean {
    return this.#video !== undefined;
  }

  /** @throws {DOMException} when the browser refuses */
  async toggle(): Promise<void> {
    if (this.isOpen) this.close();
    else await this.#open();
  }

  /** What shows the picture is another element: this one shows nothing new any more. */
  elementChanged(): void {
    if (this.#video !== this.#handlers.shownVideo()) this.close();
  }

  /** Twice is fine. */
  close(): void {
    const video = this.#video;
    if (video === undefined) return;
    this.#video = undefined;
    if (document.pictureInPictureElement === video) void document.exitPictureInPicture();
    if (video.srcObject instanceof MediaStream) {
      for (const track of video.srcObject.getTracks()) track.stop();
      video.srcObject = null;
    }
    this.#handlers.onClose();
  }

  async #open(): Promise<void> {
    const shown = this.#handlers.shownVideo();
    const video = shown ?? element("video", "");
    this.#video = video;
    video.addEventListener("leavepictureinpicture", () => {
      if (this.#video === video) this.close();
    }, { once: true });
    if (shown === undefined) this.#feed(video);
    this.#handlers.onOpen();
    try {
      if (shown === undefined) await video.play();
      await video.requestPictureInPicture();
    } catch (cause) {
      if (this.#video === video) this.close();
      throw cause;
    }
  }

  #feed(video: HTMLVideoElement): void {
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    video.muted = true;
    video.srcObject = new MediaStream([track]);
    this.#handlers.onTrack(track.writable);
  }
}
