import assert from "node:assert/strict";
import { latencyText, statTexts, UNKNOWN } from "./stat_texts.ts";
import type { Report } from "./worker_messages.ts";

const LIVE = { state: "live", status: "Live", message: "" } as const;

const REPORT: Report = {
  connection: "open",
  connectionCause: "",
  streamState: "live",
  streamCause: "",
  picture: { rendition: "main", codec: "avc1.64001f", widthPx: 1280, heightPx: 720 },
  qualityReason: "best for this link",
  bufferedFrames: 1,
  stats: {
    framesReceived: 100,
    framesPainted: 97,
    paintedFps: 29.97,
    receivedKbps: 3040,
    discardedByServer: 30,
    discardedByViewer: 2,
    decoderErrors: 1,
    latencyMs: 83.6,
    transportMs: 60.4,
    sincePaintMs: 10,
  },
};

Deno.test("every value is told with its unit", () => {
  assert.equal(latencyText(REPORT), "84 ms");
  assert.deepEqual(statTexts(REPORT, LIVE), {
    latency: "84 ms (60 on the way + 24 here)",
    fps: "30.0",
    resolution: "1280 × 720",
    bandwidth: "3.0 Mbit/s",
    frames: "97 painted of 100",
    dropped: "30 server · 2 viewer · 1 decoder",
    buffer: "1 frame",
    decoder: "avc1.64001f · main (best for this link)",
    state: "Live",
  });
});

Deno.test("less than a megabit is told in kilobits", () => {
  const stats = { ...REPORT.stats, receivedKbps: 412.3 };
  assert.equal(statTexts({ ...REPORT, stats }, LIVE).bandwidth, "412 kbit/s");
});

Deno.test("what is not known is a dash, not a zero", () => {
  assert.equal(latencyText(undefined), UNKNOWN);
  const { state, ...others } = statTexts(undefined, { ...LIVE, message: "Connecting" });
  assert.equal(state, "Connecting");
  for (const [name, text] of Object.entries(others)) assert.equal(text, UNKNOWN, name);
});
