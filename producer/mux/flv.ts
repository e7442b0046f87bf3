import type { InputAccessUnit, InputMux } from "./input_mux.ts";

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
export function flvAccessUnitTag({ data, key, ptsMs }: InputAccessUnit): Uint8Array<ArrayBuffer> {
  return videoTag(data, { key, ptsMs, packetType: 1 });
}

/** H.264 as FFmpeg reads it from a pipe without waiting for the next access unit. */
export const h264InFlv: InputMux = {
  format: "flv",
  begin: ({ config }) => {
    const tag = flvConfigurationTag(config);
    const begin = new Uint8Array(FLV_FILE_HEADER.byteLength + tag.byteLength);
    begin.set(FLV_FILE_HEADER);
    begin.set(tag, FLV_FILE_HEADER.byteLength);
    return begin;
  },
  accessUnit: flvAccessUnitTag,
};

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
