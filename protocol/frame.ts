/**
 * One picture on the wire: a MessagePack map without `type`. SPEC.md, "Frames".
 *
 * The first four fields alone are a whole JPEG frame; the plainest publisher sends nothing else.
 */
export interface Frame {
  /** When the producer had the whole access unit: integer ms since the epoch, producer's clock. */
  readonly timestamp: number;
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
  /** A whole JPEG, or one H.264 access unit in AVCC form (4-byte NAL unit lengths). */
  readonly data: Uint8Array;
  /** `"jpeg"` (also when absent) or an RFC 6381 string such as `"avc1.64001f"`. */
  readonly codec?: string;
  /** Decodable without any frame before it. JPEG always is. */
  readonly key?: boolean;
  /** +1 a frame of its rendition; a step of more says frames were discarded. */
  readonly seq?: number;
  /** Presentation time in µs on the camera's own clock. */
  readonly pts?: number;
  /** `"main"`, `"low"`, `"jpeg"`; absent means `"jpeg"` for JPEG and `"main"` for anything else. */
  readonly rendition?: string;
  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), on keyframes. */
  readonly config?: Uint8Array;
}

export const JPEG_CODEC = "jpeg";
export const MAIN_RENDITION = "main";
/** H.264, at most 640 px wide, about 400 kbps; made on demand. */
export const LOW_RENDITION = "low";
export const JPEG_RENDITION = "jpeg";

export function codecOf(frame: Frame): string {
  return frame.codec ?? JPEG_CODEC;
}

export function isJpeg(frame: Frame): boolean {
  return codecOf(frame) === JPEG_CODEC;
}

export function isKeyframe(frame: Frame): boolean {
  return isJpeg(frame) || frame.key === true;
}

export function renditionOf(frame: Frame): string {
  return frame.rendition ?? (isJpeg(frame) ? JPEG_RENDITION : MAIN_RENDITION);
}

/**
 * Whether a decoded message has a frame's four fields, for receivers that trust their sender and
 * must not carry the schemas (the viewer). Ingest checks everything: `parseFrame` in schema.ts.
 */
export function isFrame(message: unknown): message is Frame {
  if (typeof message !== "object" || message === null || "type" in message) return false;
  return "timestamp" in message && typeof message.timestamp === "number" &&
    "width" in message && typeof message.width === "number" &&
    "height" in message && typeof message.height === "number" &&
    "data" in message && message.data instanceof Uint8Array;
}
