import type { Report } from "../worker_messages.ts";

/** Of a player that plays `main`, with everything known and nothing wrong. */
export const LIVE_REPORT: Report = {
  connection: "open",
  connectionCause: "",
  streamState: "live",
  streamCause: "",
  streamQuietMs: 0,
  picture: { rendition: "main", codec: "avc1.64001f", widthPx: 1280, heightPx: 720 },
  quality: { type: "quality", rendition: "main", fps: 30, reason: "best for this link" },
  renditions: [
    { name: "main", codec: "avc1.64001f", width: 1280, height: 720, fps: 30, kbps: 3000 },
  ],
  selectable: ["main", "low", "jpeg"],
  decodesH264: true,
  way: "webcodecs",
  wayReason: "the best that this browser has",
  bufferedFrames: 1,
  stats: {
    framesReceived: 100,
    framesPainted: 97,
    paintedFps: 29.97,
    receivedKbps: 3040,
    discardedByServer: 30,
    discardedLately: 0,
    discardedByViewer: 2,
    decoderErrors: 1,
    latencyMs: 83.6,
    transportMs: 60.4,
    sincePaintMs: 10,
    paintIntervalMs: 33,
    joinMs: 143,
    fullJoinMs: 143,
  },
};
