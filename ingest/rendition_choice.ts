import { JPEG_RENDITION, MAIN_RENDITION } from "@porthole/protocol";

export const AUTO = "auto";

export interface ViewerWish {
  /** Whether the viewer decodes H.264. */
  readonly decodesH264: boolean;
  /** A rendition's name, or `"auto"`. */
  readonly selected: string;
}

export interface RenditionChoice {
  readonly rendition: string;
  readonly reason: string;
}

/**
 * Which rendition a viewer gets. Pure.
 *
 * @param running renditions that frames have come of
 * @param offered renditions the producer makes on demand
 */
export function chooseRendition(
  { decodesH264, selected }: ViewerWish,
  running: ReadonlySet<string>,
  offered: ReadonlySet<string>,
): RenditionChoice {
  const isPlayable = decodesH264 || selected === JPEG_RENDITION;
  if (selected !== AUTO && isPlayable && (running.has(selected) || offered.has(selected))) {
    return { rendition: selected, reason: "selected by hand" };
  }
  if (!decodesH264) return { rendition: JPEG_RENDITION, reason: "this browser gets JPEG only" };
  if (running.has(MAIN_RENDITION)) return { rendition: MAIN_RENDITION, reason: "best there is" };
  if (running.has(JPEG_RENDITION)) {
    return { rendition: JPEG_RENDITION, reason: "the camera is published as JPEG" };
  }
  return { rendition: MAIN_RENDITION, reason: "waiting for the camera" };
}
