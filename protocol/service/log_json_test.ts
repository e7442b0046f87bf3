import type { LogRecord } from "@logtape/logtape";
import * as fc from "fast-check";
import assert from "node:assert/strict";
import { repeatFilter } from "./log.ts";
import { jsonLine } from "./log_json.ts";
import { createRedact } from "./redact.ts";

const EVENT = "publishing to ingest";

function record(properties: Record<string, unknown>, changes: Partial<LogRecord> = {}): LogRecord {
  return {
    category: ["porthole", "producer", "uplink"],
    level: "info",
    message: [EVENT],
    rawMessage: EVENT,
    timestamp: Date.UTC(2025, 9, 9, 8, 53, 20, 67),
    properties,
    ...changes,
  };
}

const asIs = createRedact();
const read = (properties: Record<string, unknown>, redact = asIs) =>
  JSON.parse(jsonLine(record(properties), redact));

Deno.test("a record is one object on one line, its fields beside what each record has", () => {
  const line = jsonLine(record({ stream: "door", http: "1.1", fps: 29.97 }), asIs);
  assert.equal(
    line,
    '{"time":"2025-10-09T08:53:20.067Z","level":"info","part":"producer.uplink",' +
      '"event":"publishing to ingest","stream":"door","http":"1.1","fps":29.97}',
  );
});

Deno.test("errors are told with their causes, and what JSON cannot hold all the same", () => {
  const cause = new Error("cannot publish", { cause: new Error("connection refused") });
  const own: Record<string, unknown> = { name: "turtles" };
  own["on"] = own;
  assert.equal(read({ cause }).cause, "cannot publish: connection refused");
  assert.match(read({ own }).own, /turtles.*Circular/s);
  assert.equal(read({ big: 2n ** 70n }).big, "1180591620717411303424");
  assert.equal("none" in read({ none: undefined }), false);
});

Deno.test("no secret is left and it is JSON all the same, whatever is hidden in it", () => {
  const redact = createRedact(["hunter2-hunter2"]);
  const digest = 'Authorization: Digest username="admin", nonce="n", response="5f4d"';
  const fields = read({ url: "rtsp://u:p@cam/1", said: digest, password: "abcdef" }, redact);
  assert.equal(fields.url, "rtsp://***@cam/1");
  assert.equal(fields.said, "Authorization: Digest ***");
  assert.equal(fields.password, "***");
  assert.equal(fields.event, EVENT);
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const line = jsonLine(record({ a: `${before}hunter2-hunter2${after}`, b: after }), redact);
      assert.equal(JSON.parse(line).event, EVENT);
      assert.ok(!line.includes("hunter2"));
    }),
    { numRuns: 300 },
  );
});

Deno.test("what comes again and again is counted, by event and stream, and the count is told", () => {
  const written: LogRecord[] = [];
  let nowMs = 0;
  const filter = repeatFilter((summary) => written.push(summary), () => nowMs);
  const admit = (stream: string) => filter(record({ stream }));
  const admitted = Array.from({ length: 100 }, () => admit("door")).filter(Boolean).length;
  assert.equal(admitted, 60);
  assert.ok(admit("yard"), "of another stream it is another fact");
  assert.ok(filter(record({ stream: "door" }, { rawMessage: "another event" })));
  assert.equal(written.length, 0);
  nowMs = 60_000;
  assert.ok(admit("door"));
  const [summary] = written;
  assert.equal(summary?.message.join(""), "more of the same was not logged");
  assert.deepEqual(summary?.properties, { of: EVENT, suppressed: 40, stream: "door" });
  assert.equal(summary?.level, "warning");
  filter[Symbol.dispose]();
  assert.equal(written.length, 1, "nothing was left out since");
});
