import { PLAINEST_H265 } from "../h265_support.ts";

/** `ManagedMediaSource` is what iPhones have instead (Safari 17.1). */
export type AnyMediaSource = MediaSource;
type MediaSourceClass = typeof MediaSource;

/** H.264 of the constrained baseline profile, which whatever plays H.264 plays. */
const PLAINEST_CODEC = "avc1.42e01e";

export function mimeTypeOf(codec: string): string {
  return `video/mp4; codecs="${codec}"`;
}

/** `undefined` where there is none. */
export function mediaSourceClass(): MediaSourceClass | undefined {
  const named = globalThis as {
    MediaSource?: MediaSourceClass;
    ManagedMediaSource?: MediaSourceClass;
  };
  return named.MediaSource ?? named.ManagedMediaSource;
}

/** Why this page cannot play by Media Source; `undefined` when it can. */
export function missingMediaSource(): string | undefined {
  const Source = mediaSourceClass();
  if (Source === undefined) return "is not in this browser";
  if (!("requestVideoFrameCallback" in HTMLVideoElement.prototype)) {
    return "does not tell what it shows in this browser";
  }
  return Source.isTypeSupported(mimeTypeOf(PLAINEST_CODEC))
    ? undefined
    : "knows no H.264 in this browser";
}

/** Whether this browser says that it plays H.265 by Media Source. */
export function mediaSourcePlaysH265(): boolean {
  return mediaSourceClass()?.isTypeSupported(mimeTypeOf(PLAINEST_H265)) ?? false;
}
