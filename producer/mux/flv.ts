/** An H.264 access unit on its way into FFmpeg. */
export interface FlvAccessUnit {
  /** AVCC form, 4-byte lengths. */
  readonly data: Uint8Array;
  readonly key: boolean;
  /** From 0 up, below 2^32. */
  readonly ptsMs: number;
}

const TAG_HEADER_BYTES = 11;
const VIDEO_HEADER_BYTES = 5;
const PREVIOUS_TAG_SIZE_BYTES = 4;

/** The nine bytes an FLV file with video alone starts with, and the size of no tag before it. */
export const FLV_FILE_HEADER: Uint8Array<ArrayBuffer> = Uint8Array.of(
  ...[0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9],
  ...[0, 0, 0, 0],
);

/** The tag with the decoder configuration, ahead of the access units it belongs to. */
export function flvConfigurationTag(config: Uint8Array): Uint8Array<ArrayBuffer> {
  return videoTag(config, { key: true, ptsMs: 0, packetType: 0 });
}

/**
 * One access unit as a video tag (Adobe FLV v10.1, annex E.4.3). Presentation times stand in for
 * decoding times, which differ only in streams with B-frames.
 */
export function flvAccessUnitTag({ data, key, ptsMs }: FlvAccessUnit): Uint8Array<ArrayBuffer> {
  return videoTag(data, { key, ptsMs, packetType: 1 });
}

function videoTag(
  payload: Uint8Array,
  { key, ptsMs, packetType }: { key: boolean; ptsMs: number; packetType: 0 | 1 },
): Uint8Array<ArrayBuffer> {
  const dataBytes = VIDEO_HEADER_BYTES + payload.byteLength;
  const tag = new Uint8Array(TAG_HEADER_BYTES + dataBytes + PREVIOUS_TAG_SIZE_BYTES);
  const view = new DataView(tag.buffer);
  const timestamp = ptsMs % 2 ** 32;
  view.setUint32(0, (9 << 24) | dataBytes);
  view.setUint32(4, ((timestamp & 0xffffff) << 8) | (timestamp >>> 24));
  view.setUint8(TAG_HEADER_BYTES, ((key ? 1 : 2) << 4) | 7);
  view.setUint8(TAG_HEADER_BYTES + 1, packetType);
  tag.set(payload, TAG_HEADER_BYTES + VIDEO_HEADER_BYTES);
  view.setUint32(TAG_HEADER_BYTES + dataBytes, TAG_HEADER_BYTES + dataBytes);
  return tag;
}
