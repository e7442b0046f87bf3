import { configure, type LogRecord, reset } from "@logtape/logtape";
import FakeTimers from "@sinonjs/fake-timers";
import assert from "node:assert/strict";
import { Metrics } from "../metrics.ts";
import { LimitsReport } from "./limits_report.ts";

Deno.test("what was refused is one line a minute, with what it was; of nothing there is none", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { kept: (record) => records.push(record) },
    loggers: [
      { category: "porthole", sinks: ["kept"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["kept"] },
    ],
  });
  const clock = FakeTimers.install({ toFake: ["setInterval", "clearInterval"] });
  try {
    const metrics = new Metrics();
    const report = new LimitsReport(metrics);
    clock.tick(60_000);
    assert.equal(records.length, 0);
    metrics.clientsRefused = 3;
    metrics.requestsRefused = 1_000;
    metrics.framesSent = 7;
    clock.tick(60_000);
    clock.tick(60_000);
    metrics.clientsRefused = 5;
    report[Symbol.dispose]();
    report[Symbol.dispose]();
    assert.deepEqual(records.map(({ rawMessage, properties }) => [rawMessage, properties]), [
      ["limits were met", { ["clients_refused"]: 3, ["requests_refused"]: 1_000 }],
      ["limits were met", { ["clients_refused"]: 2 }],
    ]);
  } finally {
    clock.uninstall();
    await reset();
  }
});
