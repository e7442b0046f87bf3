/** Types of `/watch.js`, for TypeScript: copy this file into your project. */

export type WatchState = "connecting" | "live" | "stale" | "offline" | "refused" | "closed";

/** A frame as it came: SPEC.md, "Frames". */
export interface WatchedFrame {
  /** By the publisher's clock, ms since 1970. */
  readonly timestamp: number;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly codec?: string;
  readonly key?: boolean;
  readonly seq?: number;
  readonly pts?: number;
  readonly rendition?: string;
  readonly config?: Uint8Array;
}

export interface FrameCircumstances {
  /** Old, and sent only so that the ones after it can be decoded. */
  readonly isReplayed: boolean;
  readonly ageMs: number | undefined;
}

/** For as long as `onPicture` runs, or the promise that it returned does. */
export interface WatchedPicture {
  /** Closed by `watch()`: clone it to keep it. */
  readonly image: VideoFrame | ImageBitmap;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rendition: string;
  readonly timestampMs: number;
  readonly ageMs: number | undefined;
}

export interface WatchOptions {
  onFrame?(frame: WatchedFrame, circumstances: FrameCircumstances): void;
  onPicture?(picture: WatchedPicture): void | Promise<void>;
  onState?(state: WatchState, cause: string): void;
  readonly signal?: AbortSignal;
  readonly token?: string;
  readonly quality?: string;
  readonly codecs?: readonly string[];
}

export interface FrameWatch extends Disposable {
  useToken(token: string | undefined): void;
  setPlaying(playing: boolean): void;
  select(quality: string): void;
  /** Twice is fine. */
  close(): void;
}

export declare function watch(url: string | URL, options: WatchOptions): FrameWatch;
