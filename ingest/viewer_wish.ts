import type { ViewerHello } from "@porthole/protocol";

export const AUTO = "auto";

/** What a viewer said of itself. */
export interface ViewerWish {
  /** Whether it decodes H.264. */
  readonly decodesH264: boolean;
  readonly decodesH265?: boolean;
  /** A rendition's name, or `"auto"`. */
  readonly selected: string;
  readonly maxKbps?: number;
  readonly maxFps?: number;
  readonly maxWidthPx?: number;
  readonly maxHeightPx?: number;
}

/** What its hello says; a selection is made by itself. */
export function wishOf(hello: ViewerHello): Omit<ViewerWish, "selected"> {
  const { codecs, maxKbps, maxFps, maxWidth, maxHeight } = hello;
  return {
    decodesH264: codecs.some((codec) => codec.startsWith("avc1")),
    decodesH265: codecs.some((codec) => codec.startsWith("hvc1")),
    ...(maxKbps === undefined ? {} : { maxKbps }),
    ...(maxFps === undefined ? {} : { maxFps }),
    ...(maxWidth === undefined ? {} : { maxWidthPx: maxWidth }),
    ...(maxHeight === undefined ? {} : { maxHeightPx: maxHeight }),
  };
}

export function decodesVideo({ decodesH264, decodesH265 = false }: ViewerWish): boolean {
  return decodesH264 || decodesH265;
}
