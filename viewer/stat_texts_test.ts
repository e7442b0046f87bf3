import assert from "node:assert/strict";
import { AUTO } from "./quality_choices.ts";
import { qualityViewOf } from "./quality_view.ts";
import { latencyText, statTexts, UNKNOWN } from "./stat_texts.ts";
import { LIVE_REPORT } from "./testing/reports.ts";
import type { Report } from "./worker_messages.ts";

const LIVE = { state: "live", status: "Live", message: "" } as const;

function textsOf(report: Report | undefined, selected = AUTO, presence = LIVE) {
  return statTexts(report, presence, qualityViewOf(report, selected));
}

Deno.test("every value is told with its unit", () => {
  assert.equal(latencyText(LIVE_REPORT), "84 ms");
  assert.deepEqual(textsOf(LIVE_REPORT), {
    fps: "30.0",
    resolution: "1280 × 720",
    rendition: "main at 30 fps, automatic",
    reason: "best for this link",
    bandwidth: "3.0 Mbit/s",
    frames: "97 painted of 100",
    dropped: "30 by the server, for a slow link · 2 here · 0 lost before the server",
    "dropped-here": "1 decoder behind · 0 without their keyframe · 1 overtaken · 1 decoder error",
    skipped: "none lately",
    buffer: "1 frame",
    decoder: "avc1.64001f · main",
    join: "143 ms",
    way: "WebCodecs (the best that this browser has)",
    reconnects: "none",
    state: "Live",
  });
});

Deno.test("less than a megabit is told in kilobits", () => {
  const stats = { ...LIVE_REPORT.stats, receivedKbps: 412.3 };
  assert.equal(textsOf({ ...LIVE_REPORT, stats }).bandwidth, "412 kbit/s");
});

Deno.test("a rendition the user chose is pinned; a rate that is not known is left out", () => {
  const quality = {
    type: "quality",
    rendition: "low",
    fps: 0,
    reason: "selected by hand",
  } as const;
  const { rendition, reason } = textsOf({ ...LIVE_REPORT, quality }, "low");
  assert.deepEqual([rendition, reason], ["main → low, pinned", "selected by hand"]);
});

Deno.test("how long joining took is told of a preview and of what follows it", () => {
  const joinOf = (joinMs: number, fullJoinMs?: number) =>
    textsOf({ ...LIVE_REPORT, stats: { ...LIVE_REPORT.stats, joinMs, fullJoinMs } }).join;
  assert.equal(joinOf(46.2), "46 ms");
  assert.equal(joinOf(46.2, 310.4), "46 ms, in full after 310 ms");
});

Deno.test("frames that were skipped lately are put down to the link", () => {
  const stats = { ...LIVE_REPORT.stats, discardedLately: 12 };
  assert.equal(textsOf({ ...LIVE_REPORT, stats }).skipped, "12 in 10 s: the link is slow");
});

Deno.test("what is not known is a dash, not a zero", () => {
  assert.equal(latencyText(undefined), UNKNOWN);
  const presence = { ...LIVE, message: "Connecting" };
  const { state, ...others } = statTexts(undefined, presence, qualityViewOf(undefined, AUTO));
  assert.equal(state, "Connecting");
  for (const [name, text] of Object.entries(others)) assert.equal(text, UNKNOWN, name);
});
