import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { errorChain, formatRecord } from "./log.ts";

function record(properties: Record<string, unknown>, changes: Partial<LogRecord> = {}): LogRecord {
  return {
    category: ["porthole", "producer", "uplink"],
    level: "info",
    message: ["publishing"],
    rawMessage: "publishing",
    timestamp: Date.UTC(2025, 9, 9, 8, 53, 20, 67),
    properties,
    ...changes,
  };
}

function fieldsOf(properties: Record<string, unknown>): string {
  return formatRecord(record(properties)).replace(/^.*?publishing/, "");
}

Deno.test("a record is time, level, part, message and fields on one line", () => {
  assert.equal(
    formatRecord(record({ stream: "front-door", fps: 29.97, key: true })),
    "2025-10-09T08:53:20.067Z INFO producer.uplink: publishing stream=front-door fps=29.97 key=true",
  );
});

Deno.test("levels are four capitals, the message is put together from its parts", () => {
  const warning = record({}, { level: "warning", message: ["lost ", 3, " frames"] });
  assert.match(formatRecord(warning), / WARN producer\.uplink: lost 3 frames$/);
  assert.match(formatRecord(record({}, { level: "error" })), /Z ERRO /);
});

Deno.test("text is quoted when it would not read as one value", () => {
  assert.equal(fieldsOf({ a: "plain/text:1" }), " a=plain/text:1");
  assert.equal(fieldsOf({ a: "two words" }), ' a="two words"');
  assert.equal(fieldsOf({ a: "x=1" }), ' a="x=1"');
  assert.equal(fieldsOf({ a: 'say "x"' }), ' a="say \\"x\\""');
});

Deno.test("no value can end the line or move the cursor of a terminal", () => {
  const line = formatRecord(record({ stderr: "a\nb\r\tc", name: "\u001b[2Jgone", bell: "\u0007" }));
  assert.ok(!/\p{Cc}/u.test(line), JSON.stringify(line));
  assert.match(line, /stderr="a\\nb\\r\\tc" name="\\u001b\[2Jgone" bell="\\u0007"$/);
});

Deno.test("what a terminal would take for a command is escaped where JSON leaves it as it is", () => {
  const line = fieldsOf({ said: "a\u009b2J", deep: { key: "\u0085\u007f" } });
  assert.equal(line, ' said="a\\u009b2J" deep={"key":"\\u0085\\u007f"}');
});

Deno.test("objects are JSON, nothing is left of undefined, null stays", () => {
  assert.equal(fieldsOf({ a: { b: [1] }, c: undefined, d: null }), ' a={"b":[1]} d=null');
});

Deno.test("an error is its message and those of its causes", () => {
  const refused = new Error("connection refused");
  const error = new Error("cannot publish", { cause: new Error("no route", { cause: refused }) });
  assert.equal(errorChain(error), "cannot publish: no route: connection refused");
  assert.equal(fieldsOf({ error }), ' error="cannot publish: no route: connection refused"');
  assert.equal(errorChain(new Error("odd", { cause: "a string" })), "odd: a string");
  assert.equal(errorChain("not an error"), "not an error");
});

Deno.test("errors that contain several, or themselves, are told as far as makes sense", () => {
  const several = new AggregateError([new Error("v4 refused"), new Error("v6 refused")], "no way");
  assert.equal(errorChain(several), "no way: v4 refused, v6 refused");
  const own = new Error("turtles");
  own.cause = new Error("more", { cause: own });
  assert.match(errorChain(own), /^turtles: more: turtles: .*: …$/);
});

Deno.test("what JSON cannot hold is logged all the same", () => {
  const own: Record<string, unknown> = { name: "turtles" };
  own["on"] = own;
  assert.match(fieldsOf({ own }), /turtles.*Circular/);
  assert.match(fieldsOf({ big: { n: 2n ** 70n } }), /1180591620717411303424n/);
});
