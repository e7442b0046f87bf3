import assert from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import type { Log } from "@porthole/protocol/service";
import { Report } from "./report.ts";

const MAIN = { timestamp: 0, width: 2, height: 2, codec: "avc1.42c00a", rendition: "main" };
const JPEG = { timestamp: 0, width: 2, height: 2 };

/** Two reports, each of five seconds by the fake clock. */
function reportTwice(before: (report: Report) => void, between: (report: Report) => void) {
  const clock = FakeTimers.install({ toFake: ["performance"] });
  try {
    const lines: unknown[] = [];
    const discards: unknown[] = [];
    const log: Log = {
      debug: (message, fields) => lines.push([message, fields]),
      info: assert.fail,
      warn: (_message, fields) => discards.push(fields),
      error: assert.fail,
    };
    const report = new Report();
    let discarded = 6;
    using _one = report.countDiscards(() => discarded);
    using another = report.countDiscards(() => 1);
    before(report);
    clock.tick(5000);
    report.write(log);
    between(report);
    another[Symbol.dispose]();
    discarded = 9;
    clock.tick(5000);
    report.write(log);
    assert.deepEqual(discards, [{ discarded: 7 }, { discarded: 3 }]);
    return lines;
  } finally {
    clock.uninstall();
  }
}

Deno.test("a line says what passed since the one before: rates, delays, discards", () => {
  const lines = reportTwice((report) => {
    for (let n = 0; n < 150; n++) report.countFrame({ ...MAIN, data: new Uint8Array(5000) });
    for (let n = 0; n < 50; n++) report.countFrame({ ...JPEG, data: new Uint8Array(0) });
    for (let delayMs = 100; delayMs >= 1; delayMs--) report.countDelivery(delayMs + 0.04);
  }, (report) => {
    for (let n = 0; n < 74; n++) report.countFrame({ ...MAIN, data: new Uint8Array(100) });
    report.countDelivery(2);
  });
  assert.deepEqual(lines, [
    ["frames published", {
      fps: { main: 30, jpeg: 10 },
      kbps: 1200,
      deliveryP50Ms: 51,
      deliveryP99Ms: 100,
      discarded: 7,
    }],
    ["frames published", {
      fps: { main: 14.8 },
      kbps: 12,
      deliveryP50Ms: 2,
      deliveryP99Ms: 2,
      discarded: 3,
    }],
  ]);
});

Deno.test("with nothing to tell it tells that", () => {
  const nothing = {
    fps: {},
    kbps: 0,
    deliveryP50Ms: undefined,
    deliveryP99Ms: undefined,
  };
  assert.deepEqual(reportTwice(() => {}, () => {}), [
    ["frames published", { ...nothing, discarded: 7 }],
    ["frames published", { ...nothing, discarded: 3 }],
  ]);
});

Deno.test("where nothing is discarded there is nothing to warn of", () => {
  const said: string[] = [];
  const log: Log = {
    debug: (message) => said.push(message),
    info: assert.fail,
    warn: assert.fail,
    error: assert.fail,
  };
  const report = new Report();
  using _ = report.countDiscards(() => 0);
  report.write(log);
  assert.deepEqual(said, ["frames published"]);
});
