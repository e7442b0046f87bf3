import { type Frame, MessageEncoder } from "@porthole/protocol";
import { framedMessage } from "../framed_message.ts";
import { type OutboundFrame, outboundFrame } from "../outbound_frame.ts";

const encoder = new MessageEncoder();

/** What ingest looks at of a JPEG: start, frame header (ITU-T T.81, B.2.2), end. */
export function jpegData(widthPx = 16, heightPx = 16, scanBytes = 8): Uint8Array<ArrayBuffer> {
  const head = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, ...u16(heightPx), ...u16(widthPx), 1, 1, 0x11, 0];
  const data = new Uint8Array(head.length + scanBytes + 2).fill(0x55);
  data.set(head);
  data.set([0xff, 0xd9], data.byteLength - 2);
  return data;
}

export function jpegFrame(fields: Partial<Frame> = {}): Frame {
  return { timestamp: Date.now(), width: 16, height: 16, data: jpegData(), ...fields };
}

/** A frame of `main` with one NAL unit that decodes to nothing; ingest does not look into it. */
export function h264Frame(seq: number, key: boolean, fields: Partial<Frame> = {}): Frame {
  return {
    timestamp: Date.now(),
    width: 32,
    height: 16,
    data: new Uint8Array([0, 0, 0, 2, key ? 0x65 : 0x41, seq & 0xff]),
    codec: "avc1.42c00a",
    key,
    seq,
    rendition: "main",
    ...(key ? { config: new Uint8Array([1, 0x42, 0xc0, 0x0a, 0xff, 0xe0, 0]) } : {}),
    ...fields,
  };
}

/** The same of the camera's own H.265. */
export function h265Frame(seq: number, key: boolean, fields: Partial<Frame> = {}): Frame {
  const { config: _avc, ...frame } = h264Frame(seq, key);
  const config = Uint8Array.fromHex("01016000000090000000000" + "05df000fcfdf8f800000f00");
  return {
    ...frame,
    codec: "hvc1.1.6.L93.90",
    rendition: "source",
    data: new Uint8Array([0, 0, 0, 3, key ? 0x26 : 0x02, 1, seq & 0xff]),
    ...(key ? { config } : {}),
    ...fields,
  };
}

export function encode(message: object): Uint8Array<ArrayBuffer> {
  return encoder.encode(message);
}

export function outbound(frame: Frame): OutboundFrame {
  return outboundFrame(frame, framedMessage(encode(frame)));
}

export function lengthPrefixed(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefixed = new Uint8Array(4 + message.byteLength);
  new DataView(prefixed.buffer).setUint32(0, message.byteLength);
  prefixed.set(message, 4);
  return prefixed;
}

function u16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}
