import assert from "node:assert/strict";
import { PingLog } from "./ping_log.ts";

Deno.test("answers tell what was read; nothing is answered twice, or unasked", () => {
  const pings = new PingLog();
  const [milestone, heartbeat, last] = [pings.asked(false), pings.asked(true), pings.asked(false)];
  assert.deepEqual(pings.answered(milestone), { isHeartbeat: false, isLast: false });
  assert.deepEqual(pings.answered(heartbeat), { isHeartbeat: true, isLast: false });
  assert.equal(pings.answered(heartbeat), undefined);
  assert.deepEqual(pings.answered(last), { isHeartbeat: false, isLast: true });
  assert.equal(pings.answered(new Uint8Array(0)), undefined);
});

Deno.test("an answer to the newest alone is one to all before it", () => {
  const pings = new PingLog();
  pings.asked(true);
  const milestone = pings.asked(false);
  assert.deepEqual(pings.answered(milestone), { isHeartbeat: true, isLast: true });
});

Deno.test("numbers are not to be guessed", () => {
  const pings = new PingLog();
  const ids = Array.from({ length: 100 }, () => pings.asked(true).toHex());
  assert.ok(new Set(ids).size > 95);
  const [first = "", second = ""] = ids.map((id) => parseInt(id, 16)).map(String);
  assert.notEqual(Number(second) - Number(first), 1);
});

Deno.test("who never answers is not remembered without end, and who answers late is understood", () => {
  const pings = new PingLog();
  pings.asked(true);
  for (let count = 0; count < 100_000; count++) pings.asked(false);
  assert.ok(pings.size <= 2_048, `${pings.size}`);
  assert.deepEqual(pings.answered(pings.asked(false)), { isHeartbeat: true, isLast: true });
  assert.equal(pings.size, 0);
});
