import { JPEG_RENDITION, MAX_DIMENSION_PX } from "@porthole/protocol";
import type { Context } from "hono";
import type { RenditionOption } from "./rendition_ladder.ts";

/** What somebody who asks for JPEGs adds to the address. */
export interface PictureWish {
  /** px; `undefined` for the usual one. */
  readonly widthPx: number | undefined;
  /** Whether, where there is no picture, one that says why is to come. */
  readonly wantsNotice: boolean;
}

/** @returns what is wrong with it, in words, where something is */
export function pictureWishOf({ req }: Context): PictureWish | string {
  const width = req.query("width");
  const fallback = req.query("fallback") ?? "notice";
  const widthPx = width === undefined ? undefined : Number(width);
  if (fallback !== "notice" && fallback !== "none") return "fallback: `notice` or `none`";
  if (widthPx !== undefined && !(/^\d+$/.test(width ?? "") && isWidth(widthPx))) {
    return `width: a whole number of px, 1 to ${MAX_DIMENSION_PX}`;
  }
  return { widthPx, wantsNotice: fallback === "notice" };
}

/**
 * Which rendition of JPEGs to show at a width: the narrowest that is no narrower, else the widest.
 * Ingest scales nothing: that takes longer than a frame lasts, and who watches would feel it.
 */
export function jpegFor(
  widthPx: number | undefined,
  options: readonly RenditionOption[],
): string {
  if (widthPx === undefined) return JPEG_RENDITION;
  const jpegs = options.filter(({ isJpeg, isRunning }) => isJpeg && isRunning)
    .sort((one, other) => (one.widthPx ?? 0) - (other.widthPx ?? 0));
  const enough = jpegs.find((option) => (option.widthPx ?? 0) >= widthPx) ?? jpegs.at(-1);
  return enough?.name ?? JPEG_RENDITION;
}

function isWidth(px: number): boolean {
  return Number.isSafeInteger(px) && px >= 1 && px <= MAX_DIMENSION_PX;
}
