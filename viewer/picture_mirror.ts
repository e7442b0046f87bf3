/** Pictures that are painted, shown a second time as a video track: for picture in picture. */
export class PictureMirror {
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  #isOpen = true;

  constructor(track: WritableStream<VideoFrame>) {
    this.#writer = track.getWriter();
    // The window was closed, or the page is going.
    const end = () => this.#isOpen = false;
    this.#writer.closed.then(end, end);
  }

  /** The image stays the caller's, to close. One that the track has no room for is left out. */
  show(image: VideoFrame | ImageBitmap | OffscreenCanvas): void {
    if (!this.#isOpen || (this.#writer.desiredSize ?? 0) <= 0) return;
    // Times of its own: those of a camera that starts over go back, which a track takes for old.
    const frame = new VideoFrame(image, { timestamp: Math.round(performance.now() * 1000) });
    this.#writer.write(frame).catch(() => {
      this.#isOpen = false; // it was closed meanwhile, as `closed` says too
      frame.close();
    });
  }

  /** Twice is fine. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#writer.close().catch(() => {}); // the track had ended before: the same
  }
}
