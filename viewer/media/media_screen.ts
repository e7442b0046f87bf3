import { epochNowMs } from "@porthole/protocol";
import { Smoother } from "../smoother.ts";
import { concat, initSegment, mediaSegment } from "./fmp4.ts";
import type { MediaFailure, MediaFrame, ShownFrame } from "./media_frame.ts";
import { FRAME_LASTS_US, MediaTimeline } from "./media_timeline.ts";
import { PlacedFrames } from "./placed_frames.ts";
import { type AnyMediaSource, mediaSourceClass, mimeTypeOf } from "./media_support.ts";

export interface MediaScreenOptions {
  readonly smoothingMs: number;
  readonly onShown: (shown: ShownFrame) => void;
  /** It decodes, though what it makes may not be seen: scrolled out of sight, or still a replay. */
  readonly onAlive: () => void;
  /** It is of no use any more. Called once. */
  readonly onFailure: (failure: MediaFailure) => void;
}

/** Behind a keyframe that far back it is quicker to begin with the next one. */
const MAX_LAG_MS = 250;
/**
 * What decoding takes, as a rule. In Chromium 156 frames that are due sooner are shown no sooner,
 * and one in twenty is dropped, for having come too late.
 */
const LEAST_WAIT_MS = 16;
const HOUSEKEEPING_MS = 250;
const US = 1_000_000;
/**
 * When it ends. Without an end, or with that of what is there, a seek to what has yet to be appended
 * leads to the end of what is there (Media Source Extensions, 9, `seekable`): a replay would show.
 */
const NEVER_S = 1e9;

/** A `<video>` that shows frames as soon as they come, by Media Source. */
export class MediaScreen implements Disposable {
  readonly element = document.createElement("video");
  readonly #options: MediaScreenOptions;
  readonly #source: AnyMediaSource;
  readonly #url: string;
  readonly #timeline = new MediaTimeline();
  readonly #placed = new PlacedFrames();
  readonly #smoother: Smoother;
  readonly #housekeeping: ReturnType<typeof setInterval>;
  #buffer: SourceBuffer | undefined;
  #waiting: MediaFrame[] = [];
  #codec = "";
  #config: Uint8Array | undefined;
  #sequence = 0;
  #presentedFrames = 0;
  #decodedFrames = 0;
  #hasShownLately = false;
  #keptHouseAtMs = 0;
  #isDisposed = false;

  /** @throws {TypeError} where there is no Media Source */
  constructor(options: MediaScreenOptions) {
    this.#options = options;
    this.#smoother = new Smoother(options.smoothingMs);
    const Source = mediaSourceClass();
    if (Source === undefined) throw new TypeError("this browser has no Media Source");
    this.#source = new Source();
    this.#source.addEventListener("sourceopen", () => this.#opened(), { once: true });
    this.#url = URL.createObjectURL(this.#source);
    this.#prepareElement();
    this.#watch();
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
  }

  set smoothingMs(smoothingMs: number) {
    this.#smoother.smoothingMs = smoothingMs;
  }

  /** Frames from a keyframe on, without gaps but before keyframes. */
  show(frame: MediaFrame): void {
    this.#waiting.push(frame);
    this.#flush();
    // Timers of a hidden tab, where it may show in a window of its own, come but once a second.
    if (performance.now() - this.#keptHouseAtMs >= HOUSEKEEPING_MS) this.#keepHouse();
  }

  /** The picture that shows, as a PNG. */
  capture(): Promise<Blob> {
    const { videoWidth, videoHeight } = this.element;
    const canvas = document.createElement("canvas");
    canvas.width = videoWidth;
    canvas.height = videoHeight;
    canvas.getContext("2d", { alpha: false })?.drawImage(this.element, 0, 0);
    const png = Promise.withResolvers<Blob>();
    canvas.toBlob((blob) => {
      if (blob === null) png.reject(new Error("the picture could not be made a PNG"));
      else png.resolve(blob);
    }, "image/png");
    return png.promise;
  }

  /** Twice is fine. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    clearInterval(this.#housekeeping);
    this.#waiting = [];
    this.#buffer = undefined;
    this.element.remove();
    // Lets decoder and buffer go at once, not when somebody collects garbage.
    this.element.removeAttribute("src");
    this.element.load();
    URL.revokeObjectURL(this.#url);
  }

  #prepareElement(): void {
    const video = this.element;
    // Without sound browsers let it play by itself, and without controls of their own in its place.
    video.muted = true;
    video.playsInline = true;
    // A managed source opens only where nothing can be handed to another device.
    video.disableRemotePlayback = true;
    video.addEventListener("error", () => {
      const { error } = this.element;
      // Before there was anything to decode: refused, as by a Content-Security-Policy.
      const isRefused = error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
      if (error !== null) this.#fail(error.message || "was refused", isRefused);
    });
    video.src = this.#url;
  }

  #opened(): void {
    this.#source.duration = NEVER_S;
    this.#flush();
  }

  #flush(): void {
    if (this.#isDisposed || this.#source.readyState !== "open" || this.#waiting.length === 0) {
      return;
    }
    try {
      const buffer = this.#buffer ??= this.#addBuffer(this.#waiting[0]?.codec ?? "");
      if (buffer === undefined || buffer.updating) return;
      this.#append(buffer);
      this.#play();
    } catch (cause) {
      this.#appendFailed(cause);
    }
  }

  #addBuffer(codec: string): SourceBuffer | undefined {
    if (!mediaSourceClass()?.isTypeSupported(mimeTypeOf(codec))) {
      this.#fail(`does not know ${codec}`, true);
      return undefined;
    }
    const buffer = this.#source.addSourceBuffer(mimeTypeOf(codec));
    buffer.addEventListener("updateend", () => this.#flush());
    return buffer;
  }

  #append(buffer: SourceBuffer): void {
    const segments: Uint8Array<ArrayBuffer>[] = [];
    let seekToUs: number | undefined;
    while (true) {
      const [frame] = this.#waiting;
      // Another type is for what is appended after the change alone.
      if (frame === undefined || (segments.length > 0 && this.#isOfOtherType(frame))) break;
      this.#waiting.shift();
      segments.push(...this.#initFor(frame, buffer));
      const place = this.#place(frame);
      seekToUs = place.seekToUs ?? seekToUs;
      segments.push(
        mediaSegment(
          { data: frame.data, key: frame.key, ...place, durationUs: FRAME_LASTS_US },
          ++this.#sequence,
        ),
      );
    }
    const [only] = segments;
    buffer.appendBuffer(segments.length === 1 && only !== undefined ? only : concat(segments));
    if (seekToUs !== undefined) this.element.currentTime = seekToUs / US;
  }

  #place(frame: MediaFrame) {
    const nowMs = epochNowMs();
    const playheadUs = this.element.currentTime * US;
    const waitMs = frame.isReplayed ? 0 : this.#smoother.dueMs(frame.ptsUs / 1000, nowMs) - nowMs;
    const place = this.#timeline.place(frame, playheadUs, Math.max(LEAST_WAIT_MS, waitMs) * 1000);
    const isBehind = frame.key && this.#placed.lagMs(nowMs) > MAX_LAG_MS + waitMs;
    const { id, key, isReplayed } = frame;
    this.#placed.add({ id, key, isReplayed, presentUs: place.presentUs, placedAtMs: nowMs });
    return isBehind ? { ...place, seekToUs: place.seekToUs ?? place.presentUs } : place;
  }

  #isOfOtherType({ codec, config }: MediaFrame): boolean {
    return config !== undefined && this.#codec !== "" && codec !== this.#codec;
  }

  #initFor(frame: MediaFrame, buffer: SourceBuffer): Uint8Array<ArrayBuffer>[] {
    const { codec, config, widthPx, heightPx } = frame;
    if (config === undefined || sameBytes(config, this.#config)) return [];
    if (this.#isOfOtherType(frame)) buffer.changeType?.(mimeTypeOf(codec));
    this.#codec = codec;
    this.#config = config;
    return [initSegment({ widthPx, heightPx, codec, config })];
  }

  #play(): void {
    if (!this.element.paused) return;
    this.element.play().catch((cause) => {
      const isRefused = cause instanceof DOMException && cause.name === "NotAllowedError";
      if (isRefused) this.#fail("is not let play by itself", true);
      // Any other is of a pause, or of an error that tells of itself.
    });
  }

  #keepHouse(): void {
    this.#keptHouseAtMs = performance.now();
    if (this.#source.readyState !== "open") return;
    const decoded = this.element.getVideoPlaybackQuality().totalVideoFrames;
    if (decoded !== this.#decodedFrames && !this.#hasShownLately) this.#options.onAlive();
    this.#decodedFrames = decoded;
    this.#hasShownLately = false;
    this.#cut();
  }

  #cut(): void {
    const buffer = this.#buffer;
    if (buffer === undefined || buffer.updating) return;
    const cutUs = this.#placed.cutUs(this.element.currentTime * US);
    if (cutUs > 0) buffer.remove(0, cutUs / US);
  }

  #watch(): void {
    this.element.requestVideoFrameCallback((_nowMs, metadata) => {
      if (this.#isDisposed) return;
      this.#presented(metadata);
      this.#watch();
    });
  }

  #presented(metadata: VideoFrameCallbackMetadata): void {
    const { mediaTime, presentationTime, presentedFrames, width, height } = metadata;
    const untold = Math.max(0, presentedFrames - this.#presentedFrames - 1);
    this.#presentedFrames = presentedFrames;
    const shown = this.#placed.shownAt(mediaTime * US);
    if (shown === undefined || shown.isReplayed) return;
    this.#hasShownLately = true;
    const agoMs = Math.max(0, performance.now() - presentationTime);
    this.#options.onShown({ id: shown.id, agoMs, widthPx: width, heightPx: height, untold });
  }

  #appendFailed(cause: unknown): void {
    this.#fail(cause instanceof Error ? cause.message : String(cause), false);
  }

  #fail(reason: string, isFinal: boolean): void {
    if (this.#isDisposed) return;
    this[Symbol.dispose]();
    this.#options.onFailure({ reason, isFinal });
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.byteLength === b.byteLength &&
    a.every((byte, index) => byte === b[index]);
}
