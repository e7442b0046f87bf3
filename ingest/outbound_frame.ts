import type { Buffer } from "node:buffer";
import { type EncodedFrame, type Frame, isJpeg, isKeyframe } from "@porthole/protocol";
import { payloadOf } from "./framed_message.ts";

/** A frame as every viewer gets it. All of it is shared by all who hold it, and never written to. */
export interface OutboundFrame extends EncodedFrame {
  readonly isKey: boolean;
  readonly isJpeg: boolean;
  /** The whole WebSocket message: `bytes` behind its header. */
  readonly framed: Buffer<ArrayBuffer>;
}

/** @param frame decoded from the payload of `framed`: its binary fields are views into that */
export function outboundFrame(frame: Frame, framed: Buffer<ArrayBuffer>): OutboundFrame {
  return {
    frame,
    framed,
    bytes: payloadOf(framed),
    isKey: isKeyframe(frame),
    isJpeg: isJpeg(frame),
  };
}
