import assert from "node:assert/strict";
import { BUG_REPORT_FORMAT, bugReportOf } from "./bug_report.ts";
import { AUTO } from "./quality_choices.ts";
import { qualityViewOf } from "./quality_view.ts";
import { LIVE_REPORT } from "./testing/reports.ts";
import type { Report } from "./worker_messages.ts";

const LIVE = { state: "live", status: "Live", message: "" } as const;

function written(report: Report | undefined) {
  const quality = qualityViewOf(report, AUTO);
  return JSON.parse(JSON.stringify(bugReportOf({
    ...{ version: "0.1.0", userAgent: "Browser/1", isSecureContext: true, stream: "door" },
    ...{ takenAt: new Date(0), presence: LIVE, quality, report },
    settings: { wayChoice: "auto", smoothingMs: 50 },
  })));
}

Deno.test("a bug report has the version, the browser, the stream and all that was measured", () => {
  const seconds = [{ atMs: 1000, medianMs: 80, worstMs: 90 }];
  const minute = { percentiles: { p50: 80, p95: 88, p99: 90 }, seconds };
  const report = written({ ...LIVE_REPORT, minute });
  assert.deepEqual(
    [report.format, report.version, report.browser.userAgent, report.stream, report.takenAt],
    [BUG_REPORT_FORMAT, "0.1.0", "Browser/1", "door", "1970-01-01T00:00:00.000Z"],
  );
  assert.deepEqual(report.latency.lastMinute, minute);
  assert.deepEqual(Object.keys(report.latency.stagesMs), ["uplink", "network", "decode", "paint"]);
  assert.deepEqual(report.stats, LIVE_REPORT.stats);
  assert.equal(report.quality.reason, "best for this link");
  assert.equal(report.connection.reconnects, 0);
  assert.deepEqual(report.way, { name: "webcodecs", reason: "the best that this browser has" });
  assert.deepEqual(report.settings, { wayChoice: "auto", smoothingMs: 50 });
});

Deno.test("a player that never heard anything can be reported too", () => {
  assert.equal(written(undefined).state.state, "live");
});
