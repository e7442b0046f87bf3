import type { Frame, StreamMessage } from "@porthole/protocol";
import assert from "node:assert/strict";
import { StreamStatus } from "./stream_status.ts";

const FRAME: Frame = { timestamp: 1_000_000, width: 2, height: 2, data: new Uint8Array() };
const STALE: StreamMessage = {
  type: "stream",
  info: { id: "door", clockOffsetMs: 7, renditions: [] },
  state: "stale",
  cause: "no frames from the camera",
  quietMs: 4000,
};

Deno.test("what was said on one connection does not hold on the next", () => {
  const status = new StreamStatus();
  assert.equal(status.told(0).connection, "connecting");
  status.connectionChanged("open", "");
  status.streamTold(STALE, 10_000);
  status.qualityTold({ type: "quality", rendition: "low", fps: 30, reason: "why" });
  assert.equal(status.told(11_000).streamQuietMs, 5000);
  assert.equal(status.promisedRendition, "low");
  assert.equal(status.capturedAtMs(FRAME, 100), 1_000_000 - 7 - 100);
  assert.equal(status.capturedAtMs(FRAME, undefined), undefined, "ingest's clock is not known");
  status.connectionChanged("waiting", "");
  assert.equal(status.told(12_000).streamState, "stale", "until there is another");
  assert.equal(status.told(12_000).connectionCause, "the server cannot be reached");
  status.connectionChanged("open", "");
  const { streamState, quality, reconnects, lastLossCause, streamQuietMs } = status.told(13_000);
  assert.deepEqual([streamState, quality, streamQuietMs], [undefined, undefined, 0]);
  assert.equal(status.capturedAtMs(FRAME, 100), undefined, "nor the publisher's");
  assert.deepEqual([reconnects, lastLossCause], [1, "the server cannot be reached"]);
});

Deno.test("a camera has the name that people gave it, and may wait for viewers", () => {
  const status = new StreamStatus();
  status.connectionChanged("open", "");
  status.streamTold({ ...STALE, info: { ...STALE.info, name: "Front door" }, standby: true }, 0);
  const { streamName, streamStandby } = status.told(0);
  assert.deepEqual([streamName, streamStandby], ["Front door", true]);
  status.streamTold(STALE, 0);
  assert.deepEqual([status.told(0).streamName, status.told(0).streamStandby], ["", false]);
});
