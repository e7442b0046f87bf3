import type { CodecFamily } from "./control.ts";

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
  /** A whole JPEG, or one H.264 or H.265 access unit, each NAL unit behind its length of 4 bytes. */
  readonly data: Uint8Array;
  /** `"jpeg"` (also when absent) or RFC 6381, as `"avc1.64001f"` and `"hvc1.1.6.L93.B0"`. */
  readonly codec?: string;
  /** Decodable without any frame before it. JPEG always is. */
  readonly key?: boolean;
  /** +1 a frame of its rendition; a step of more says frames were discarded. */
  readonly seq?: number;
  /** Presentation time in µs on the camera's own clock. */
  readonly pts?: number;
  /** `"main"`, `"source"`, `"low"`, `"jpeg"`; absent means `"jpeg"` for JPEG, else `"main"`. */
  readonly rendition?: string;
  /** AVC- or HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1, 8.3.3.1), on keyframes. */
  readonly config?: Uint8Array;
}

export const JPEG_CODEC = "jpeg";
/** H.264 of the camera's full size. */
export const MAIN_RENDITION = "main";
/** The camera's own bits where they are H.265, which not every browser plays; then `main` is made. */
export const SOURCE_RENDITION = "source";
/** H.264, at most 640 px wide, about 400 kbps; made on demand. */
export const LOW_RENDITION = "low";
export const JPEG_RENDITION = "jpeg";

export function codecOf(frame: Frame): string {
  return frame.codec ?? JPEG_CODEC;
}

/** Of a codec string, what a viewer says it decodes; what is not known is `avc1`. */
export function codecFamilyOf(codec: string): CodecFamily {
  if (codec === JPEG_CODEC) return "jpeg";
  return codec.startsWith("hvc1") ? "hvc1" : "avc1";
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
